import type { Service, ServiceContext, ServiceDefinition, Template } from '../../core/contracts.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import { fingerprintStep } from '../../core/template-steps.ts'
import { redisEnvironments } from './environments/index.ts'
import { holdsEnvironments } from './environments/layout.ts'
import { EnvironmentsSession } from './environments/session.ts'
import { env, nowhere } from './lane.ts'
import { checkOptions, type RedisLane, type RedisOptions } from './options.ts'
import { spec } from './server.ts'
import { RedisSession } from './session.ts'
import { redisVersions } from './versions.ts'

export { redisEngine } from './engine.ts'
export type { RedisLane, RedisOptions, RedisSeed } from './options.ts'

/** Changes when templates are made in another way. */
const templateFormat = 'redis-1'

export const redisService: Service<RedisOptions, RedisLane, 'redis'> = {
  kind: 'redis',
  spec,
  template,
  open: (instance, options, context) =>
    instance.owned && holdsEnvironments(context)
      ? EnvironmentsSession.open(instance, options, context)
      : RedisSession.open(instance, options, context),
  env,
  nowhere,
  versions: redisVersions,
  environments: redisEnvironments,
}

/**
 * Redis or Valkey: each lane has a DB number and a user of its own. With `url`, in a server that runs already.
 *
 * @throws ISOLANE_OPTION_INVALID, ISOLANE_VERSION_UNSUPPORTED
 */
export function redis(options: RedisOptions = {}): ServiceDefinition<RedisLane, 'redis'> {
  const checked = checkOptions(options)
  return {
    service: redisService,
    options: { ...checked },
    ...(checked.isolation === undefined ? {} : { isolation: checked.isolation }),
    ...(checked.url === undefined ? {} : { runtime: 'attach' }),
  }
}

async function template(options: RedisOptions, context: ServiceContext): Promise<Template> {
  const seed = await fingerprintStep(options.seed, 'seed', context.root)
  return {
    fingerprint: fingerprint(templateFormat, options.version ?? '', seed.fingerprint),
    cacheable: seed.cacheable,
  }
}
