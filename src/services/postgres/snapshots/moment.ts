import type { StateSummary } from '../../../core/contracts.ts'
import type { MigrationRecord } from '../../../core/pending-migrations.ts'
import type { StateContents } from '../../../core/state-contents.ts'
import { type Access, type Client, connect } from '../client.ts'
import type { Server } from '../server.ts'
import { rowSettings } from '../tracking/row-settings.ts'
import { readContents, readPositions, type SequencePosition } from './contents.ts'
import { type DatabaseSettings, readSettings } from './database-settings.ts'
import { format, readDetails } from './details.ts'
import { fingerprintOf, readSchema, type Schema } from './schema.ts'
import { refuseSecrets } from './secrets.ts'

/** Milliseconds that a test may go on holding what we need to read. */
export const lockPatience = 30_000

/** Rows look the same as text whatever the database's own settings say, and nothing stops a long look. */
const settings = {
  ...rowSettings,
  statement_timeout: '0',
  lock_timeout: String(lockPatience),
  idle_in_transaction_session_timeout: '0',
  client_min_messages: 'error',
}

/** What is kept beside a dump, as the dump has it not, or not of the same moment. */
export interface BesideDump {
  readonly settings: readonly DatabaseSettings[]
  readonly sequences: readonly SequencePosition[]
  readonly schema: Schema
  /** Of an environment: what it was made with. */
  readonly record?: MigrationRecord
}

/** A database as it is at one moment. */
export class Moment {
  readonly #client: Client
  readonly #server: Server

  private constructor(client: Client, server: Server) {
    this.#client = client
    this.#server = server
  }

  static async of<Result>(
    server: Server,
    database: string,
    look: (moment: Moment) => Promise<Result>,
  ): Promise<Result> {
    const client = await connect(accessOf(server), database, settings)
    try {
      await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
      return await look(new Moment(client, server))
    } finally {
      await client.end()
    }
  }

  /** A name under which `pg_dump` sees the same moment. */
  async export(): Promise<string> {
    const { rows } = await this.#client.query<{ name: string }>('SELECT pg_export_snapshot() AS name')
    return rows[0]?.name ?? ''
  }

  /** @throws ISOLANE_SNAPSHOT_REFUSED where a dump would hold a password */
  refuseSecrets(): Promise<void> {
    return refuseSecrets(this.#client)
  }

  async besideDump(): Promise<BesideDump> {
    const { rows } = await this.#client.query<{ name: string }>('SELECT current_database() AS name')
    return {
      settings: await readSettings(this.#client, rows[0]?.name ?? ''),
      sequences: await readPositions(this.#client),
      schema: await readSchema(this.#client, this.#server.major, this.#server.address.user),
    }
  }

  contents({ sequences }: Pick<BesideDump, 'sequences'>): Promise<StateContents> {
    return readContents(this.#client, sequences)
  }

  async summary(contents: StateContents, schema: Schema, tool: string): Promise<StateSummary> {
    return {
      format,
      version: this.#server.version,
      details: await readDetails(this.#client, this.#server, tool),
      schema: fingerprintOf(schema),
      ...contents.summary(),
    }
  }
}

/** Who may see everything in a lane: a superuser, else whom it belongs to. */
export function accessOf({ superuser, admin, address }: Server): Access {
  return superuser ? admin : address
}
