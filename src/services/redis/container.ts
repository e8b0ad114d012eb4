import type { ContainerSpec, SpecContext } from '../../core/contracts.ts'
import { configuration } from './configuration.ts'
import { parseVersion, type RedisOptions } from './options.ts'

const configurationPath = '/isolane/redis.conf'

/** The official image of Redis or Valkey, or one that takes the same arguments. */
export function containerSpec(options: RedisOptions, context: SpecContext): ContainerSpec {
  const image = options.image ?? officialImage(options.version)
  return {
    image,
    ports: { redis: 6379 },
    // Named, as not every image runs its server by default when it is given a file alone.
    command: [/valkey/.test(image) ? 'valkey-server' : 'redis-server', configurationPath],
    files: {
      [configurationPath]: {
        text: configuration({ bind: '* -::*', dataFolder: '/data' }, context),
        // The server drops to a user whose number differs between images, and shares its container with nobody.
        mode: 0o644,
      },
    },
    data: ['/data'],
    ready: { line: 'Ready to accept connections' },
  }
}

function officialImage(text: string | undefined): string {
  const { name, version } = parseVersion(text) ?? { name: 'valkey', version: '9' }
  return name === 'valkey' ? `valkey/valkey:${version}` : `redis:${version}`
}
