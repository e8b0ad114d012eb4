import type { ServiceContext } from '../../../core/contracts.ts'

/** Numbers 0 to 31 are environments', each by its index. */
export const mostEnvironments = 32

/** What the numbers above are for. */
export const layout = {
  notes: mostEnvironments,
  template: mostEnvironments + 1,
  besides: mostEnvironments + 2,
} as const

/** The same for good: a server that is started with fewer could not read its own data. */
export const databasesForEnvironments = layout.besides + mostEnvironments

/** The number beside an environment's, for what is to take its place. */
export function beside(number: number): number {
  return layout.besides + number
}

export function holdsEnvironments({ environments = [] }: ServiceContext): boolean {
  return environments.length > 0
}
