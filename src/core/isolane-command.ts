import { isAbsolute, relative } from 'node:path'
import { shellWord } from './shell-word.ts'

/** How a command for the project in `root` begins, as it is to be typed in the current folder. */
export function isolaneCommand(root: string): string {
  return isBelow(root, process.cwd()) ? 'isolane' : `isolane -C ${shellWord(root)}`
}

/** Between the drives of Windows there is no relative path. */
function isBelow(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return !way.startsWith('..') && !isAbsolute(way)
}
