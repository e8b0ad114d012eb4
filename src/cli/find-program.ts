import { delimiter, join } from 'node:path'
import { foldersOnPath, isExecutable } from '../core/programs.ts'

/** The first of these programs that is on PATH, else in one of `folders`. */
export function findProgram(names: readonly string[], folders: readonly string[]): string | undefined {
  const endings = process.platform === 'win32' ? (process.env.PATHEXT ?? '.EXE').split(delimiter) : ['']
  const candidates = [...foldersOnPath(), ...folders].flatMap((folder) =>
    names.flatMap((name) => endings.map((ending) => join(folder, `${name}${ending}`))),
  )
  return candidates.find(isExecutable)
}
