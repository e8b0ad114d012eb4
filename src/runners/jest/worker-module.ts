import { runInThisContext } from 'node:vm'
import type * as Worker from './worker.ts'

/**
 * What outlives a test file. Jest runs each file and all it imports in a context of its own, with modules and a `process`
 * of its own, and drops them when the file ends. "This" context, for Node, is the one that Jest itself runs in.
 */
export function workerModule(): typeof Worker {
  const { getBuiltinModule }: NodeJS.Process = runInThisContext('process')
  return getBuiltinModule('node:module').createRequire(__filename)('./worker.js')
}
