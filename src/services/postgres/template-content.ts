import { isIsolaneError } from '../../core/errors.ts'
import type { MigrationRecord } from '../../core/pending-migrations.ts'
import { runSteps } from '../../core/template-steps.ts'
import { connect } from './client.ts'
import { whileInUse } from './databases.ts'
import { createExtensions } from './extensions.ts'
import { laneEndpoint, laneEnvironment } from './lane.ts'
import type { PostgresOptions } from './options.ts'
import type { Server } from './server.ts'
import { identifier } from './sql.ts'
import { runSqlFile } from './sql-files.ts'
import type { TemplateBuilder } from './template.ts'

/** What a template holds before anything of ours is in it. */
export interface TemplateContent {
  /** For people, while it is made. */
  readonly progress: string
  /**
   * Makes the database of this name, and fills it. What it has made when it fails is discarded by who called.
   * @returns the migrations it has, where that is not what the options say
   */
  make(builder: TemplateBuilder, database: string, fingerprint: string): Promise<MigrationRecord | undefined>
}

/** What the options' extensions, migrations and seed make. */
export const fromOptions: TemplateContent = {
  progress: 'migrating and seeding the template',
  async make(builder, database, fingerprint) {
    try {
      await makeFrom('template0', builder, database, fingerprint)
    } catch (error) {
      if (!isIsolaneError(error, 'ISOLANE_ATTACH_REFUSED')) throw error
      // Extensions that we may not create are in the server's own template, where an administrator has put them there.
      await builder.databases.discard(database)
      await makeFrom('template1', builder, database, fingerprint)
    }
    return undefined
  },
}

async function makeFrom(base: string, builder: TemplateBuilder, database: string, fingerprint: string): Promise<void> {
  const { databases, server, options } = builder
  await whileInUse(() => databases.create(database, base, 'default', { isolane: 'building', fingerprint }))
  await ownPublicSchema(server, database)
  await createExtensions(server, database, options.extensions)
  await runTemplateSteps(builder, database, options)
}

/** As it is from PostgreSQL 15 on: a database's owner may drop and make its schema `public`. */
export async function ownPublicSchema({ major, superuser, admin, address }: Server, database: string): Promise<void> {
  if (major >= 15 || !superuser) return
  const client = await connect(admin, database)
  try {
    await client.query(`ALTER SCHEMA public OWNER TO ${identifier(address.user)}`)
  } finally {
    await client.end()
  }
}

/** Runs migrations and seed in a template's database as if it were a lane. */
export async function runTemplateSteps(
  { context, options, server: { address } }: TemplateBuilder,
  database: string,
  steps: Pick<PostgresOptions, 'migrations' | 'seed'>,
): Promise<void> {
  const lane = laneEndpoint(address, database)
  await runSteps(steps, {
    context,
    lane,
    env: laneEnvironment(lane, options),
    extensions: ['.sql'],
    runFile: (file, purpose) => runSqlFile(file, address, database, purpose),
  })
}
