import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The first of these programs that is on PATH, else in one of `folders`. */
export function findProgram(names: readonly string[], folders: readonly string[]): string | undefined {
  const onPath = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const endings = process.platform === 'win32' ? (process.env.PATHEXT ?? '.EXE').split(delimiter) : ['']
  const candidates = [...onPath, ...folders].flatMap((folder) =>
    names.flatMap((name) => endings.map((ending) => join(folder, `${name}${ending}`))),
  )
  return candidates.find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
