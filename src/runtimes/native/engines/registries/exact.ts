/** Registries that resolve prefixes themselves are asked for `x.y.z` as it stands, and for less as a prefix. */
export function isExact(version: string): boolean {
  return version.split('.').length >= 3
}
