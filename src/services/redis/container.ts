import type { ContainerSpec, SpecContext } from '../../core/contracts.ts'
import { versionedImage } from '../../core/image-version.ts'
import { configuration } from './configuration.ts'
import { imageServer, type RedisOptions, wantedBy } from './options.ts'

const configurationPath = '/isolane/redis.conf'

const officialImages = { redis: 'redis:{version}', valkey: 'valkey/valkey:{version}' } as const

/** The official image of Redis or Valkey, or one that takes the same arguments. */
export function containerSpec(options: RedisOptions, context: SpecContext): ContainerSpec {
  const wanted = wantedBy(options)
  const image = versionedImage(options.image ?? officialImages[wanted.name], wanted.version)
  return {
    image,
    ports: { redis: 6379 },
    // Named, as not every image runs its server by default when it is given a file alone.
    command: [`${imageServer(image)}-server`, configurationPath],
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
