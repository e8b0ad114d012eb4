import type { LaneEndpoint } from './contracts.ts'

/**
 * Where a lane of one service is, for people: its URL, and its user where the URL has none. Passwords, and parameters, which
 * may hold some too, only when they are asked for.
 */
export function laneAddress(lane: LaneEndpoint, { passwords }: { readonly passwords: boolean }): string {
  const shown = passwords ? lane.url : withoutSecrets(lane.url, { user: true })
  const user = lane.user ?? lane.username
  if (!user || URL.parse(lane.url)?.username) return shown
  const password = passwords && lane.password ? `, password ${lane.password}` : ''
  return `${shown} (user ${user}${password})`
}

/** A URL without what may hold a secret: its password and parameters; with or without its user. Empty for what is none. */
export function withoutSecrets(text: string, { user }: { readonly user: boolean }): string {
  const url = URL.parse(text)
  if (!url) return ''
  if (!user) url.username = ''
  if (url.password) url.password = user ? '***' : ''
  url.search = ''
  url.hash = ''
  return url.href
}
