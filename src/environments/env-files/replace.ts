import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { identify } from '../../core/process-identity.ts'

/** The files that are written before they take their names, as `.gitignore` is to have them. */
export const partials = '.env.isolane-*.partial'

/** Whoever reads it meanwhile gets the one or the other. Its user alone can. */
export function replaceFile(path: string, text: string): void {
  const partial = join(dirname(path), partials.replace('*', String(process.pid)))
  try {
    writeFileSync(partial, text, { mode: 0o600, flag: 'wx' })
    renameSync(partial, path)
  } finally {
    rmSync(partial, { force: true })
  }
}

/** Removes what processes that were killed between writing and renaming have left: there are passwords in it. */
export function removeLeftPartials(folder: string): void {
  for (const name of readdirSync(folder)) {
    const writer = Number(/^\.env\.isolane-(\d+)\.partial$/.exec(name)?.[1] ?? 0)
    // One with our own number is of another process that had it before.
    if (writer === process.pid || (writer > 0 && !identify(writer))) rmSync(join(folder, name), { force: true })
  }
}
