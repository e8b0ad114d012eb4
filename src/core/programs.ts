import { accessSync, constants } from 'node:fs'
import { delimiter } from 'node:path'

/** The folders on PATH, in their order. */
export function foldersOnPath(): string[] {
  return (process.env.PATH ?? '').split(delimiter).filter(Boolean)
}

/** Whether it is there and may be run; on Windows, whether it is there. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
