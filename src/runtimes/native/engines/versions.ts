/** Whether `version` is the one asked for, or lies below the prefix asked for: `17` accepts `17.9` and `17.9.0-beta.2`. */
export function fits(wanted: string, version: string): boolean {
  return version === wanted || version.startsWith(`${wanted}.`) || version.startsWith(`${wanted}-`)
}

/** The version to take: exactly the one named, else the newest below the prefix, releases before prereleases. */
export function newestFitting(wanted: string, versions: readonly string[]): string | undefined {
  if (versions.includes(wanted)) return wanted
  const fitting = versions.filter((version) => fits(wanted, version))
  const releases = fitting.filter((version) => !isPrerelease(version))
  return (releases.length > 0 ? releases : fitting).sort(compareVersions).at(-1)
}

/** Orders by number, segment by segment; a prerelease comes before its release, a `post` release after it. */
export function compareVersions(left: string, right: string): number {
  const [leftParts, rightParts] = [segments(left), segments(right)]
  for (let index = 0; index < Math.max(leftParts.length, rightParts.length); index += 1) {
    const difference = rank(leftParts[index]) - rank(rightParts[index])
    if (difference !== 0) return difference
  }
  return 0
}

function isPrerelease(version: string): boolean {
  return /alpha|beta|rc|dev|snapshot|-m\d/i.test(version)
}

function segments(version: string): string[] {
  return version.split(/[.+-]/).flatMap((part) => part.match(/\d+|\D+/g) ?? [])
}

function rank(segment: string | undefined): number {
  if (segment === undefined) return 0
  if (/^\d+$/.test(segment)) return Number(segment)
  return /^(post|r|v|final|ga)$/i.test(segment) ? 0.5 : -1
}
