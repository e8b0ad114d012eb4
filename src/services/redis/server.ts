import type { InstanceSpec, SpecContext } from '../../core/contracts.ts'
import { attachSpec } from './attach.ts'
import { configuration, savedFile } from './configuration.ts'
import { containerSpec } from './container.ts'
import { redisEngine } from './engine.ts'
import { holdsEnvironments } from './environments/layout.ts'
import type { RedisOptions } from './options.ts'

export function spec(options: RedisOptions, context: SpecContext): InstanceSpec {
  const engine = redisEngine(options.version)
  const attach = attachSpec(options, context)
  const environments = holdsEnvironments(context)
  return {
    service: context.name,
    kind: 'redis',
    credentials: context.credentials,
    ...(environments ? { durable: true } : {}),
    ports: { redis: options.port ?? (environments ? 6379 : 0) },
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
      ...(environments ? {} : { save: { paths: [savedFile], stopped: false } }),
    },
  }
}
