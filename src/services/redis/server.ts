import type { InstanceSpec, SpecContext } from '../../core/contracts.ts'
import { attachSpec } from './attach.ts'
import { configuration, savedFile } from './configuration.ts'
import { containerSpec } from './container.ts'
import { redisEngine } from './engine.ts'
import type { RedisOptions } from './options.ts'

export function spec(options: RedisOptions, context: SpecContext): InstanceSpec {
  const engine = redisEngine(options.version)
  const attach = attachSpec(options, context)
  return {
    service: context.name,
    kind: 'redis',
    credentials: context.credentials,
    ports: { redis: options.port ?? 0 },
    ...(attach ? { attach } : {}),
    container: containerSpec(options, context),
    native: {
      engine,
      serve: {
        program: engine.find?.programs[0] ?? engine.name,
        arguments: ['{private}/redis.conf'],
        files: { '{private}/redis.conf': configuration({ bind: '{host}', dataFolder: '{data}' }, context) },
      },
      // The port accepts connections while a saved template is still being loaded.
      ready: { line: 'Ready to accept connections' },
      stopSignal: 'SIGTERM',
      refusesRoot: false,
      save: { paths: [savedFile], stopped: false },
    },
  }
}
