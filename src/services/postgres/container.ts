import type { ContainerSpec, SpecContext } from '../../core/contracts.ts'
import { namesVersion, versionedImage } from '../../core/image-version.ts'
import { localeArguments } from './locale.ts'
import { defaultVersion, type PostgresOptions, postgresVersions } from './options.ts'
import { environmentSettings, initdbArguments, serverSettings } from './settings.ts'

/** The official image, or one that takes the same variables and arguments. */
export function containerSpec(options: PostgresOptions, context: SpecContext): ContainerSpec {
  const version = options.version ?? defaultVersion
  const { environments, maximumLanes } = context
  const settings = {
    ...(environments ? environmentSettings : { ...serverSettings(maximumLanes), ...sharedMemory }),
    listen_addresses: '*',
  }
  return {
    image: versionedImage(options.image ?? 'postgres:{version}', version),
    ports: { postgres: 5432 },
    environment: {
      POSTGRES_USER: '{username}',
      POSTGRES_PASSWORD: '{password}',
      POSTGRES_DB: 'postgres',
      POSTGRES_INITDB_ARGS: initdbVariable(options, initdbArguments(environments !== undefined)),
      // Images differ in where they keep data. A folder for each version: data of one are of no use to another.
      PGDATA: `${dataFolder}/${version}`,
    },
    command: ['postgres', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    data: [dataFolder],
    // Not the log: it calls the temporary server ready too that the first start sets things up with. That one has
    // no address but a local socket.
    ready: { command: ['pg_isready', '--quiet', '--host=127.0.0.1', '--username={username}', '--dbname=postgres'] },
    sharedMemory: 256 * 1024 * 1024,
  }
}

/** The volume of the official images below 18, and inside that of those from 18 on. */
const dataFolder = '/var/lib/postgresql/data'

/** A container takes its own with it when it is killed. */
const sharedMemory = { dynamic_shared_memory_type: 'posix' }

function initdbVariable({ version, image }: PostgresOptions, more: readonly string[]): string {
  // Which version a user's image holds is known only when it runs: all of them know what the oldest does.
  const isKnown = image === undefined || namesVersion(image)
  const assumed = version ?? (isKnown ? defaultVersion : postgresVersions[0])
  return ['--encoding=UTF8', ...localeArguments(Number(assumed), 'linux'), ...more].join(' ')
}
