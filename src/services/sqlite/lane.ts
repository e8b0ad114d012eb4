import { pathToFileURL } from 'node:url'
import { nowhereHost } from '../../core/contracts.ts'
import type { SqliteLane } from './options.ts'

export function laneEndpoint(file: string): SqliteLane {
  return { url: `file:${pathToFileURL(file).pathname}`, file, version: process.versions.sqlite ?? '' }
}

/** No one can make a folder there, root included: below something that is no folder, or of an impossible name. */
const impossibleFolder = process.platform === 'win32' ? `C:\\<${nowhereHost}>` : `/dev/null/${nowhereHost}`

export const nowhere: SqliteLane = {
  ...laneEndpoint(`${impossibleFolder}${process.platform === 'win32' ? '\\' : '/'}lane.db`),
  version: '',
}

export function laneEnvironment(lane: SqliteLane): Record<string, string> {
  return { DATABASE_URL: lane.url, SQLITE_FILE: lane.file }
}
