import type { Driver, EagerResult } from 'neo4j-driver'
import type { ClientSupport } from '../../core/client-support.ts'
import { IsolaneError, messageOf } from '../../core/errors.ts'
import { loadDriver } from './load-driver.ts'
import type { Neo4jLane } from './options.ts'

export interface Neo4jClients {
  /**
   * A new driver, connected to the lane: its sessions and `executeQuery` go to the lane's database unless told otherwise.
   * It is closed after the test, or with what else the lane was asked from.
   * @throws ISOLANE_CLIENT_MISSING, ISOLANE_CLIENT_UNUSABLE, ISOLANE_SERVER_UNREACHABLE
   */
  driver(): Promise<Driver>
}

/** Labels of nodes in which tools for migrations write down what they have done begin so. */
export const bookkeeping = ['__Neo4jMigration', '__Liquibase', '__Liquigraph']

const countQuery = `
MATCH (n) WHERE none(label IN labels(n) WHERE any(beginning IN $bookkeeping WHERE label STARTS WITH beginning))
RETURN labels(n) AS labels, toString(count(n)) AS count`

export const neo4jClients: ClientSupport<Neo4jLane, Neo4jClients> = {
  methods: (endpoint, opened) => ({
    async driver() {
      const driver = await connectLane(endpoint)
      opened({ close: () => driver.close() })
      return driver
    },
  }),
  async contents(endpoint) {
    const driver = await connectLane(endpoint)
    try {
      const { records } = await driver.executeQuery<EagerResult<Group>>(countQuery, { bookkeeping })
      return describe(records.map((record) => record.toObject()))
    } finally {
      await driver.close()
    }
  },
}

/** Nodes with the same labels. */
interface Group {
  readonly labels: readonly string[]
  readonly count: string
}

function describe(groups: readonly Group[]): string[] {
  const total = groups.reduce((sum, { count }) => sum + Number(count), 0)
  if (total === 0) return []
  const named = groups.map(({ labels, count }) => ({
    name: labels
      .map((label) => `:${label}`)
      .sort()
      .join(''),
    count,
  }))
  const parts = named
    .sort((left, right) => (left.name < right.name ? -1 : 1))
    .map(({ name, count }) => `${count} ${name || 'without a label'}`)
  return [`${total} ${total === 1 ? 'node' : 'nodes'} (${parts.join(', ')})`]
}

/**
 * A driver whose sessions go to the lane's database.
 * @throws ISOLANE_CLIENT_MISSING, ISOLANE_CLIENT_UNUSABLE, ISOLANE_SERVER_UNREACHABLE
 */
export async function connectLane({ url, user, password, database }: Neo4jLane): Promise<Driver> {
  const { driver: makeDriver, auth } = await loadDriver()
  const driver = makeDriver(url, auth.basic(user, password), { connectionTimeout: 10_000 })
  try {
    await driver.verifyConnectivity({ database })
    return withDatabase(driver, database)
  } catch (error) {
    await driver.close()
    throw new IsolaneError({
      code: 'ISOLANE_SERVER_UNREACHABLE',
      message: `The lane's Neo4j at ${url} does not answer (${messageOf(error).split('\n')[0]})`,
      remedy: 'see whether the server runs (`isolane status`), and what it logged',
      cause: error,
    })
  }
}

/** A server with many databases would take the user's home database, which is no lane, where none is named. */
function withDatabase(driver: Driver, database: string): Driver {
  const { session, rxSession, executeQuery } = driver
  const inLane = (config?: { readonly database?: string }) => ({ ...config, database: config?.database || database })
  driver.session = (config) => session.call(driver, inLane(config))
  driver.rxSession = (config) => rxSession.call(driver, inLane(config))
  driver.executeQuery = ((query, parameters, config) =>
    executeQuery.call(driver, query, parameters, inLane(config))) as Driver['executeQuery']
  return driver
}
