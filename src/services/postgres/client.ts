import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { ConnectionOptions } from 'node:tls'
import type pg from 'pg'
import type { Endpoint } from '../../core/contracts.ts'
import { IsolaneError, isIsolaneError, messageOf } from '../../core/errors.ts'
import { loadClient } from './load-client.ts'
import { initialSuperuser } from './spec.ts'
import { sqlState } from './sql-state.ts'

export { sqlState } from './sql-state.ts'

export type Client = pg.Client
export type Pool = pg.Pool
export type PoolClient = pg.PoolClient

/** Who connects, and to which server. */
export interface Access {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password?: string
  /** Absent: no TLS, whatever our own environment says. */
  readonly tls?: ConnectionOptions
  /** What the user's URL asks for in each connection: `-c search_path=app`. */
  readonly options?: string
}

/** How we come in as a superuser: over the socket in the private folder where there is one. */
export function adminAccess(endpoint: Endpoint): Access {
  const port = endpoint.ports.postgres ?? 5432
  const folder = endpoint.privateFolder
  if (folder !== undefined && existsSync(join(folder, `.s.PGSQL.${port}`))) {
    return { host: folder, port, user: initialSuperuser }
  }
  return { host: endpoint.host, port, user: endpoint.credentials.username, password: endpoint.credentials.password }
}

/** Server settings of a connection; no value holds a space. */
export type Settings = Readonly<Record<string, string>>

/** A database's own settings must not stop our statements. */
const adminSettings: Settings = {
  statement_timeout: '0',
  lock_timeout: '0',
  client_min_messages: 'error',
  default_transaction_read_only: 'off',
}

function configuration(access: Access, database: string, settings: Settings = adminSettings): pg.ClientConfig {
  const { host, port, user, password, tls, options } = access
  const ours = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`)
  return {
    host,
    port,
    user,
    ...(password === undefined ? {} : { password }),
    // A copy, as the client changes what it is given.
    ssl: tls ? { ...tls } : false,
    database,
    application_name: 'isolane',
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    options: [...(options ? [options] : []), ...ours].join(' '),
  }
}

/** Opens one connection. The caller ends it. */
export async function connect(access: Access, database: string, settings?: Settings): Promise<Client> {
  const { Client } = await loadClient()
  const client = new Client(configuration(access, database, settings))
  // Without a listener, a connection that the server ends would end our process.
  client.on('error', () => {})
  try {
    await client.connect()
  } catch (error) {
    client.end().catch(() => {})
    throw error
  }
  return client
}

/**
 * A few connections for statements about databases; it renews those that break.
 * @param idle milliseconds after which one that is not needed is closed; `0` for never.
 */
export async function openPool(access: Access, database: string, size: number, idle: number): Promise<Pool> {
  const { Pool } = await loadClient()
  const pool = new Pool({
    ...configuration(access, database),
    max: size,
    idleTimeoutMillis: idle,
    // Waiting for one that others use counts as connecting, and they may be copying large databases.
    connectionTimeoutMillis: 120_000,
  })
  pool.on('error', () => {})
  // The pool listens to idle connections only; one in use that the server ends would end our process.
  pool.on('connect', (client) => client.on('error', () => {}))
  return pool
}

/** How long a server that has been started may take until it answers. */
const startPatience = 15_000

/**
 * Connects to a server that may still be starting.
 * @param explain makes the error of the last failure.
 * @throws ISOLANE_SERVER_UNREACHABLE with the reason of the last failure.
 */
export async function connectPatiently(
  access: Access,
  database: string,
  signal: AbortSignal,
  explain: (access: Access, error: unknown) => unknown = unreachable,
  patience = startPatience,
): Promise<Client> {
  const deadline = Date.now() + patience
  for (let pause = 5; ; pause = Math.min(pause * 2, 250)) {
    try {
      return await connect(access, database)
    } catch (error) {
      if (isIsolaneError(error)) throw error
      signal.throwIfAborted()
      if (Date.now() + pause > deadline || !mayPass(error)) throw explain(access, error)
    }
    await delay(pause, undefined, { signal })
  }
}

/** 57P03: still starting, or shutting down; 53300: too many connections. Wrong passwords do not become right. */
function mayPass(error: unknown): boolean {
  const code = sqlState(error)
  if (code === undefined) return !/SASL|SSL/.test(messageOf(error))
  return ['57P03', '53300', 'ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'ETIMEDOUT', 'EAGAIN'].includes(code)
}

function unreachable(access: Access, error: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SERVER_UNREACHABLE',
    message: `PostgreSQL at ${access.host}:${access.port} can not be used: ${messageOf(error)}`,
    remedy: 'see whether the server runs and what it logged (`isolane logs postgres`)',
    cause: error,
  })
}

/** Whether a statement failed because its connection is gone, rather than because of what it said. */
export function isConnectionLost(error: unknown): boolean {
  const code = sqlState(error)
  if (code !== undefined) return code.startsWith('08') || code.startsWith('57P0') || code.startsWith('E')
  return (
    error instanceof Error && /connection (terminated|error|ended)|not queryable|client was closed/i.test(error.message)
  )
}
