import { join, relative } from 'node:path'

export const project = join(import.meta.dirname, '..', '..')
export const atlas = join(project, 'examples', 'atlas')
export const dist = join(project, 'dist')

/** A path as one would type it from the project's folder. */
export function typed(path: string): string {
  return relative(project, path)
}
