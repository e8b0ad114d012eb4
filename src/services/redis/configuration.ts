import type { SpecContext } from '../../core/contracts.ts'
import { databasesForEnvironments, holdsEnvironments } from './environments/layout.ts'
import { databasesFor } from './own-numbers.ts'

/** File in the data folder that an explicit SAVE writes. */
export const savedFile = 'template.rdb'

export interface Place {
  readonly bind: string
  readonly dataFolder: string
}

/** Nothing is written unless asked for: an explicit SAVE keeps the template. */
const forgetful = ['save ""', 'appendonly no']

/** What is acknowledged is on the disk; of what a crash has cut off, whole commands before it are read. */
const durable = [
  'save ""',
  'appendonly yes',
  'appendfsync always',
  'no-appendfsync-on-rewrite no',
  'aof-use-rdb-preamble yes',
  'aof-load-truncated yes',
]

/** Only what every version from 6.2 on knows: the exact one is found out later. */
export function configuration({ bind, dataFolder }: Place, context: SpecContext): string {
  const environments = holdsEnvironments(context)
  return [
    `bind ${bind}`,
    'port {port.redis}',
    `databases ${environments ? databasesForEnvironments : databasesFor(context.maximumLanes)}`,
    ...(environments ? durable : forgetful),
    `dir '${dataFolder}'`,
    `dbfilename ${savedFile}`,
    'daemonize no',
    'logfile ""',
    'loglevel notice',
    ...users(context.credentials.username, environments),
    '',
  ].join('\n')
}

/** Nobody can be the user `default`. But Redis 7.0 reads its log as that one, and drops every transaction that it may not make. */
function users(administrator: string, durable: boolean): string[] {
  if (administrator === 'default') return ['requirepass "{password}"']
  const rights = durable ? '~* &* +@all' : 'resetkeys -@all'
  return [`user default off resetpass ${rights}`, 'user {username} on ">{password}" ~* &* +@all']
}
