import type { LaneEndpoint } from './contracts.ts'

/**
 * Where a lane of one service is, for people: its URL, and its user where the URL has none. Passwords, and parameters, which
 * may hold some too, only when they are asked for.
 */
export function laneAddress(lane: LaneEndpoint, { passwords }: { readonly passwords: boolean }): string {
  const url = URL.parse(lane.url)
  const user = lane.user ?? lane.username
  if (url?.username || !user) return passwords ? lane.url : withoutSecrets(url)
  const password = passwords && lane.password ? `, password ${lane.password}` : ''
  return `${passwords ? lane.url : withoutSecrets(url)} (user ${user}${password})`
}

function withoutSecrets(url: URL | null): string {
  if (!url) return ''
  if (url.password) url.password = '***'
  url.search = ''
  url.hash = ''
  return url.href
}
