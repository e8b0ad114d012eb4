import type { Matrix, ResolvedConfig, Versions } from '../core/config.ts'
import { IsolaneError } from '../core/errors.ts'
import { servicesNamed, versionsOf, withVersions } from '../core/versions.ts'
import { type Combination, combinationOf } from './combination.ts'
import { pairwise } from './pairwise.ts'

/** Nobody runs as many; only to choose pairs from them is of use. */
const most = 20_000

export interface CombinationsOptions {
  /** Only as many as it takes for every two versions of two services to meet. */
  readonly pairwise?: boolean
}

/**
 * Each version of each service with each of all others', without those that are excluded, and those that are included besides.
 * Equal ones are there once. Nothing is random: equal matrices give equal lists.
 * @throws ISOLANE_OPTION_INVALID, also when there are none; ISOLANE_VERSION_UNSUPPORTED
 */
export function combinationsOf(
  config: ResolvedConfig,
  matrix: Matrix,
  options: CombinationsOptions = {},
): readonly Combination[] {
  const { include = [], exclude = [], ...lists } = matrix as Matrix & Readonly<Record<string, readonly string[]>>
  const allowed = product(checkedLists(config, lists)).filter((versions) => !isExcluded(config, versions, exclude))
  const chosen = options.pairwise ? pairwise(allowed.map((each) => Object.values(each))) : undefined
  const own = chosen ? chosen.map((index) => allowed[index] ?? {}) : allowed
  const byStack = new Map<string, Versions>()
  for (const versions of [...own, ...include]) {
    const stack = JSON.stringify(versionsOf(withVersions(config, versions)))
    if (!byStack.has(stack)) byStack.set(stack, versions)
  }
  if (byStack.size > 0) return [...byStack.values()].map(combinationOf)
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: 'The matrix has no combinations',
    remedy: 'name versions, as in `--postgres 16,17`, or in `matrix` in isolane.config.ts, and exclude fewer',
  })
}

/**
 * A config's matrix with other lists. They replace its own for the services that they name, and what it includes for those. A
 * kind's list goes on to count for its services that are not named.
 * @throws ISOLANE_OPTION_INVALID
 */
export function withLists(config: ResolvedConfig, lists: Readonly<Record<string, readonly string[]>>): Matrix {
  const { include = [], exclude = [], ...own } = config.matrix
  const named = new Set(Object.keys(lists).flatMap((name) => servicesNamed(config, name)))
  const isNamed = (service: string) => named.has(service)
  // Where they stood, so that names and their order stay.
  const left = Object.entries(own).filter(
    ([name]) => Object.hasOwn(lists, name) || !servicesNamed(config, name).every(isNamed),
  )
  const kept = include.filter(
    (versions) => !Object.keys(versions).some((name) => servicesNamed(config, name).some(isNamed)),
  )
  return { ...Object.fromEntries(left), ...lists, include: kept, exclude } as Readonly<
    Record<string, unknown>
  > as Matrix
}

type Lists = Readonly<Record<string, readonly string[]>>

/** Every version is asked for by itself, so that the one which there is not is named before there are thousands. */
function checkedLists(config: ResolvedConfig, lists: Lists): Lists {
  for (const [name, versions] of Object.entries(lists)) {
    for (const version of versions) withVersions(config, { [name]: version })
  }
  const unique = Object.fromEntries(Object.entries(lists).map(([name, versions]) => [name, [...new Set(versions)]]))
  const count = Object.values(unique).reduce((product, versions) => product * versions.length, 1)
  if (count <= most) return unique
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The matrix has ${count} combinations, and no more than ${most} are looked at`,
    remedy: 'name fewer versions',
  })
}

/** The last list's versions change first. */
function product(lists: Lists): readonly Versions[] {
  const entries = Object.entries(lists)
  if (entries.length === 0) return []
  return entries.reduce<readonly Versions[]>(
    (before, [name, versions]) => before.flatMap((each) => versions.map((version) => ({ ...each, [name]: version }))),
    [{}],
  )
}

/** Compared as the services understand them: `valkey` excludes `valkey@9` where that is what it means. */
function isExcluded(config: ResolvedConfig, versions: Versions, exclude: readonly Versions[]): boolean {
  if (exclude.length === 0) return false
  const all = versionsOf(withVersions(config, versions))
  return exclude.some((excluded) => {
    const wanted = versionsOf(withVersions(config, excluded))
    const services = Object.keys(excluded).flatMap((name) => servicesNamed(config, name))
    return services.every((service) => all[service] === wanted[service])
  })
}
