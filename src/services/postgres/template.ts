import type { ServiceContext, Template } from '../../core/contracts.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import { fingerprintStep, runStep, type Step, type StepPurpose } from '../../core/template-steps.ts'
import { type Access, connect, type Pool } from './client.ts'
import { fastestStrategy } from './copy-strategy.ts'
import { type CopyStrategy, type Databases, foreign, type Marker, whileInUse } from './databases.ts'
import { createExtensions } from './extensions.ts'
import { type LaneAddress, laneEndpoint, laneEnvironment, prefix } from './lane.ts'
import { defaultVersion, type PostgresLane, type PostgresOptions } from './options.ts'
import { laneRole } from './role.ts'
import { identifier } from './sql.ts'
import { runSqlFile } from './sql-files.ts'
import { installTracking, trackingFingerprint } from './tracking/install.ts'

/** A finished template. */
export interface PreparedTemplate {
  readonly database: string
  readonly marker: Marker & { readonly strategy: CopyStrategy }
}

export interface TemplateBuilder {
  readonly pool: Pool
  readonly databases: Databases
  readonly admin: Access
  readonly address: LaneAddress
  readonly options: PostgresOptions
  readonly context: ServiceContext
}

/** Names the template by everything that makes it, our own tracking included. */
export async function describeTemplate(options: PostgresOptions, context: ServiceContext): Promise<Template> {
  const migrations = await fingerprintStep(options.migrations, 'migrations', context.root)
  const seed = await fingerprintStep(options.seed, 'seed', context.root)
  return {
    fingerprint: fingerprint(
      'postgres',
      trackingFingerprint,
      options.version ?? defaultVersion,
      JSON.stringify(options.extensions ?? []),
      migrations.fingerprint,
      seed.fingerprint,
    ),
    cacheable: migrations.cacheable && seed.cacheable,
  }
}

/** The finished template of this fingerprint, when the server has it. */
export async function findTemplate(builder: TemplateBuilder, wanted: string): Promise<PreparedTemplate | undefined> {
  const database = templateDatabase(wanted)
  const marker = await builder.databases.marker(database)
  if (marker === undefined) return undefined
  if (marker === 'foreign') throw foreign(database)
  const { strategy } = marker
  if (marker.isolane !== 'template' || marker.fingerprint !== wanted || strategy === undefined) return undefined
  return { database, marker: { ...marker, strategy } }
}

/** Two sessions on one server build one template once. Any number that others hardly take. */
const lockKey = 0x150_1a4e

/** Finds the template or builds it. `built` tells which. */
export async function ensureTemplate(
  builder: TemplateBuilder,
  template: Template,
): Promise<PreparedTemplate & { readonly built: boolean }> {
  const lock = await builder.pool.connect()
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [lockKey])
    const found = await findTemplate(builder, template.fingerprint)
    if (found) return { ...found, built: false }
    return { ...(await build(builder, template)), built: true }
  } finally {
    // Ending the connection ends the lock too, whatever state an error left it in.
    lock.release(true)
  }
}

async function build(builder: TemplateBuilder, template: Template): Promise<PreparedTemplate> {
  const wanted = template.fingerprint
  const { databases, pool, admin } = builder
  const final = templateDatabase(wanted)
  const database = `${prefix}building_${wanted.slice(0, 40)}`
  // We hold the lock, so whoever began these is gone.
  await databases.discard(database)
  await databases.create(database, 'template0', 'default', { isolane: 'building', fingerprint: wanted })
  try {
    if (databases.major < 15) await ownPublicSchema(admin, database)
    if (builder.options.extensions?.length) await createExtensions(admin, database, builder.options.extensions)
    await runSteps(builder, database)
    await databases.cutOff(database, 3_000)
    const adopt = await installTracking(admin, database, template.cacheable)
    await whileInUse(() =>
      pool.query(`ALTER DATABASE ${identifier(database)} ALLOW_CONNECTIONS false IS_TEMPLATE true`),
    )
    await databases.cutOff(database)
    const strategy = await fastestStrategy(databases, database, template)
    const marker = { isolane: 'template', fingerprint: wanted, strategy, adopt } as const
    await databases.comment(database, marker)
    await whileInUse(() => pool.query(`ALTER DATABASE ${identifier(database)} RENAME TO ${identifier(final)}`))
    await databases.emptyTrash()
    return { database: final, marker }
  } catch (error) {
    await pool.query(`ALTER DATABASE ${identifier(database)} IS_TEMPLATE false`).catch(() => {})
    await databases.discard(database).catch(() => {})
    throw error
  }
}

/** As it is from PostgreSQL 15 on: a database's owner may drop and make its schema `public`. */
async function ownPublicSchema(admin: Access, database: string): Promise<void> {
  const client = await connect(admin, database)
  try {
    await client.query(`ALTER SCHEMA public OWNER TO ${identifier(laneRole)}`)
  } finally {
    await client.end()
  }
}

async function runSteps(builder: TemplateBuilder, database: string): Promise<void> {
  const { options, context, address } = builder
  const lane = laneEndpoint(address, database)
  const run = (step: Step<PostgresLane> | undefined, purpose: StepPurpose) =>
    runStep(step, {
      purpose,
      service: context.name,
      root: context.root,
      signal: context.signal,
      extensions: ['.sql'],
      context: { lane, env: laneEnvironment(lane) },
      runFile: (file) => runSqlFile(file, address, database, purpose),
    })
  await run(options.migrations, 'migrations')
  await run(options.seed, 'seed')
}

function templateDatabase(wanted: string): string {
  return `${prefix}template_${wanted.slice(0, 40)}`
}

/** After a crash, unlogged tables of the template are empty: it has to be built again. */
export async function dropTemplate(builder: TemplateBuilder, template: PreparedTemplate): Promise<void> {
  await builder.pool.query(`ALTER DATABASE ${identifier(template.database)} IS_TEMPLATE false`)
  await builder.databases.discard(template.database)
}
