import type { LaneEndpoint } from './core/contracts.ts'

type Variables = Readonly<Record<string, string>>

/** The program with which people look into a lane of one kind of service. */
export interface LaneShell {
  /** Any of these does. */
  readonly programs: readonly string[]
  readonly arguments: readonly string[]
  readonly environment?: Variables
  /** Those variables that hold passwords. */
  readonly secrets?: Variables
}

/** By kind, from a lane and its variables. For other kinds we know of none. */
export const laneShells: Readonly<Record<string, (lane: LaneEndpoint, env: Variables) => LaneShell>> = {
  postgres: (_lane, { PGPASSWORD = '', ...env }) => ({
    programs: ['psql'],
    arguments: [],
    environment: Object.fromEntries(Object.entries(env).filter(([name]) => name.startsWith('PG'))),
    secrets: { PGPASSWORD },
  }),
  redis: ({ url, host, port, database, username, password }) => ({
    programs: ['valkey-cli', 'redis-cli'],
    arguments: [
      ...['-h', String(host), '-p', String(port), '-n', String(database)],
      ...(username ? ['--user', String(username)] : []),
      ...(url.startsWith('rediss:') ? ['--tls'] : []),
    ],
    secrets: password ? { REDISCLI_AUTH: String(password) } : {},
  }),
  neo4j: ({ url, database, user, password }) => ({
    programs: ['cypher-shell'],
    arguments: ['--address', url, '--database', String(database)],
    environment: { NEO4J_USERNAME: String(user) },
    secrets: { NEO4J_PASSWORD: String(password) },
  }),
  sqlite: ({ file }) => ({ programs: ['sqlite3'], arguments: [String(file)] }),
}
