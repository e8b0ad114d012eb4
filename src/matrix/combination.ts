import type { Versions } from '../core/config.ts'
import { shortened } from '../core/shortened.ts'
import { sortedVersions, versionsText } from '../core/versions.ts'

const longestSlug = 80

/** One version of each service that a matrix is about. */
export interface Combination {
  /** For people: `postgres 16, redis valkey@9`. */
  readonly name: string
  /** For files and jobs: `postgres-16-redis-valkey-9`. */
  readonly slug: string
  readonly versions: Versions
}

/** Equal versions make equal combinations, in whatever order they are given. */
export function combinationOf(given: Versions): Combination {
  const versions = sortedVersions(given)
  const name = Object.entries(versions)
    .map(([service, version]) => `${service} ${version}`)
    .join(', ')
  return { name, slug: slugOf(versionsText(versions)), versions }
}

/**
 * What makes a command that uses Isolane run on a combination, and tells it which one that is.
 * @param others versions of other services
 */
export function combinationEnvironment({ slug, versions }: Combination, others: Versions = {}): Record<string, string> {
  return { ISOLANE_VERSIONS: versionsText({ ...others, ...versions }), ISOLANE_COMBINATION: slug }
}

function slugOf(versions: string): string {
  return shortened(versions.replaceAll(/[^A-Za-z0-9._-]+/g, '-'), longestSlug, versions)
}
