import type { StateReader } from '../../../core/contracts.ts'
import { damaged } from '../../../core/state-files.ts'
import { storeFrames } from './store-frames.ts'

export const storeFormat = 'neo4j-store'
export const storeFile = 'store'

/** The saved store, whose last piece comes only when all of it was there. */
export function storeOf(files: StateReader): AsyncGenerator<Uint8Array> {
  return storeFrames(files.read(storeFile), (why) => damaged("the snapshot's Neo4j store", why))
}
