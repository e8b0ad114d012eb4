import type { Swept } from '../core/contracts.ts'

/** Tells what was removed and what could not be. @returns whether all of it was. */
export function printSwept(swept: readonly Swept[]): boolean {
  for (const { what, removed, reason } of swept) {
    process.stdout.write(removed ? `removed ${what}\n` : `could not remove ${what}: ${reason}\n`)
  }
  return swept.every(({ removed }) => removed)
}
