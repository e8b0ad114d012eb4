import type { SpecContext } from '../../core/contracts.ts'
import { databasesFor } from './own-numbers.ts'

/** File in the data folder that an explicit SAVE writes. */
export const savedFile = 'template.rdb'

export interface Place {
  readonly bind: string
  readonly dataFolder: string
}

/** Only what every version from 6.2 on knows: the exact one is found out later. */
export function configuration({ bind, dataFolder }: Place, { maximumLanes, credentials }: SpecContext): string {
  return [
    `bind ${bind}`,
    'port {port.redis}',
    `databases ${databasesFor(maximumLanes)}`,
    // Nothing is written unless asked for: an explicit SAVE keeps the template.
    'save ""',
    'appendonly no',
    `dir '${dataFolder}'`,
    `dbfilename ${savedFile}`,
    'daemonize no',
    'logfile ""',
    'loglevel notice',
    ...users(credentials.username),
    '',
  ].join('\n')
}

function users(administrator: string): string[] {
  if (administrator === 'default') return ['requirepass "{password}"']
  return ['user default off resetpass resetkeys -@all', 'user {username} on ">{password}" ~* &* +@all']
}
