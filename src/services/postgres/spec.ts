import type { InstanceSpec, NativeCommand, NativeSpec, SpecContext } from '../../core/contracts.ts'
import { attachSpec } from './attached/url.ts'
import { containerSpec } from './container.ts'
import { engine } from './engine.ts'
import { localeArguments } from './locale.ts'
import { defaultVersion, type PostgresOptions, type PostgresVersion } from './options.ts'
import { configurationFile, environmentSettings, initdbArguments, serverSettings } from './settings.ts'

const usualPort = 5432

/** The superuser of data folders that we made. */
export const initialSuperuser = 'postgres'

export function spec(options: PostgresOptions, context: SpecContext): InstanceSpec {
  const attach = attachSpec(options, context.environment)
  return {
    service: context.name,
    kind: 'postgres',
    credentials: context.credentials,
    ports: { postgres: options.port ?? (context.environments ? usualPort : 0) },
    ...(context.environments ? { durable: true } : {}),
    native: nativeSpec(options.version ?? defaultVersion, context, process.platform),
    container: containerSpec(options, context),
    ...(attach ? { attach } : {}),
  }
}

/**
 * The cached data folder holds no password. Where there are local sockets, the server trusts those in the instance's
 * private folder, which is how the passwords of this stack are set once it runs: that costs one round trip, against tens
 * of milliseconds for a run of `postgres --single`. Windows has no such sockets for us and takes that way.
 */
export function nativeSpec(
  version: PostgresVersion,
  { maximumLanes, environments }: Pick<SpecContext, 'maximumLanes' | 'environments'>,
  platform: NodeJS.Platform,
): NativeSpec {
  const sockets = platform !== 'win32'
  return {
    engine: engine(version),
    initialise: {
      program: 'initdb',
      arguments: [
        '--pgdata={data}',
        `--username=${initialSuperuser}`,
        '--auth=reject',
        '--encoding=UTF8',
        ...localeArguments(Number(version), platform),
        ...initdbArguments(environments !== undefined),
      ],
    },
    ...(sockets ? {} : { configure: setPassword }),
    serve: {
      program: 'postgres',
      arguments: ['-D', '{data}'],
      files: {
        '{data}/postgresql.conf': configurationFile({
          ...(environments ? environmentSettings : serverSettings(maximumLanes)),
          listen_addresses: '{host}',
          port: '{port.postgres}',
          unix_socket_directories: sockets ? '{private}' : '',
        }),
        '{data}/pg_hba.conf': hostBasedAuthentication(sockets),
      },
    },
    ready: { line: 'database system is ready to accept connections' },
    lockFiles: ['postmaster.pid'],
    stopSignal: 'SIGINT',
    refusesRoot: true,
    save: { paths: ['.'], stopped: true },
  }
}

const setPassword: NativeCommand = {
  program: 'postgres',
  arguments: ['--single', '-D', '{data}', '-c', 'log_min_error_statement=panic', 'postgres'],
  // Each line is a statement; a failing one (the role exists) is passed over. Both placeholders are made by us.
  input: `CREATE ROLE "{username}"\nALTER ROLE "{username}" LOGIN SUPERUSER PASSWORD '{password}'\n`,
}

function hostBasedAuthentication(sockets: boolean): string {
  return [
    ...(sockets ? ['local all all trust'] : []),
    'host all all 127.0.0.1/32 scram-sha-256',
    'host all all ::1/128 scram-sha-256',
    '',
  ].join('\n')
}
