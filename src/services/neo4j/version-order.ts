import { IsolaneError } from '../../core/errors.ts'

/** A version of Neo4j. A part that is not given is the newest there is: `2026` is at least as new as `2026.08`. */
export interface Version {
  readonly text: string
  readonly major: number
  readonly minor: number
  readonly patch: number
}

/** @throws ISOLANE_VERSION_UNSUPPORTED for what never was a version of Neo4j's */
export function parseVersion(text: string): Version {
  const parts = /^([345]|20\d\d)(?:\.(\d+))?(?:\.(\d+))?$/.exec(text)
  if (parts) {
    const [major = 0, minor, patch] = parts.slice(1).map((part) => (part === undefined ? newest : Number(part)))
    return { text, major, minor: minor ?? newest, patch: patch ?? newest }
  }
  throw new IsolaneError({
    code: 'ISOLANE_VERSION_UNSUPPORTED',
    message: `neo4j: there is no version ${JSON.stringify(text)}`,
    remedy: 'ask for one such as "5.26", "2025.10" or "2026"',
  })
}

const newest = Number.MAX_SAFE_INTEGER

/** Below 0 where the left one is older. */
export function compareVersions(left: Version, right: Version): number {
  return left.major - right.major || left.minor - right.minor || left.patch - right.patch
}

/** Whether the way from one version to another comes to a third, given by its first release: `2025.06`. */
export function crosses(from: Version, to: Version, third: string): boolean {
  const first = { ...parseVersion(third), patch: 0 }
  return compareVersions(from, first) < 0 && compareVersions(to, first) >= 0
}
