import type { InstanceSpec, SpecContext } from '../../core/contracts.ts'
import { databasesFor } from './databases.ts'
import { redisEngine } from './engine.ts'
import type { RedisOptions } from './options.ts'

export function spec(options: RedisOptions, context: SpecContext): InstanceSpec {
  const engine = redisEngine(options.version)
  return {
    service: context.name,
    kind: 'redis',
    credentials: context.credentials,
    ports: { redis: options.port ?? 0 },
    native: {
      engine,
      serve: {
        program: engine.find?.programs[0] ?? engine.name,
        arguments: ['{private}/redis.conf'],
        files: { '{private}/redis.conf': configuration(context) },
      },
      // The port accepts connections while a saved template is still being loaded.
      ready: { line: 'Ready to accept connections' },
      stopSignal: 'SIGTERM',
      refusesRoot: false,
      save: { paths: [savedFile], stopped: false },
    },
  }
}

const savedFile = 'template.rdb'

/** Only what every version from 6.2 on knows: the exact one is found out later. */
function configuration({ maximumLanes, credentials }: SpecContext): string {
  return [
    'bind {host}',
    'port {port.redis}',
    `databases ${databasesFor(maximumLanes)}`,
    // Nothing is written unless asked for: an explicit SAVE keeps the template.
    'save ""',
    'appendonly no',
    "dir '{data}'",
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
