import { fingerprint } from './fingerprint.ts'

/** A name that is no longer than it may be: one that is cut ends with a digest of what makes it another than its like. */
export function shortened(name: string, longest: number, identity = name): string {
  if (name.length <= longest) return name
  const end = `-${fingerprint(identity).slice(0, 8)}`
  return `${name.slice(0, longest - end.length)}${end}`
}
