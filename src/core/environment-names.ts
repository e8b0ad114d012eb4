import type { ResolvedConfig } from './config.ts'

/** Nothing of it is ever wiped, whatever the config says. */
export function isProduction(environment: string): boolean {
  return environment === 'production' || environment === 'prod'
}

/** Whether `isolane up` makes test lanes: always where there are no environments. */
export function hasTestLanes({ environments }: Pick<ResolvedConfig, 'environments'>): boolean {
  const all = Object.values(environments)
  return all.length === 0 || all.some(({ lanes }) => lanes)
}
