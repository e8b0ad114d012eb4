import type { ServiceContext, Template } from '../../core/contracts.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import { fingerprintStep } from '../../core/template-steps.ts'
import { lockKey } from './attached/locks.ts'
import { finishPlain } from './attached/plain-template.ts'
import { type Pool, sqlState } from './client.ts'
import { fastestStrategy } from './copy-strategy.ts'
import { type Databases, foreign, whileInUse } from './databases.ts'
import type { CopyStrategy, Marker } from './marker.ts'
import { defaultVersion, type PostgresOptions } from './options.ts'
import type { Server } from './server.ts'
import { identifier } from './sql.ts'
import type { TemplateContent } from './template-content.ts'
import { installTracking, trackingFingerprint } from './tracking/install.ts'

/** A finished template. */
export interface PreparedTemplate {
  readonly database: string
  readonly marker: Marker & { readonly strategy: CopyStrategy }
}

export interface TemplateBuilder {
  readonly pool: Pool
  readonly databases: Databases
  readonly server: Server
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
export async function findTemplate(
  { databases, server }: TemplateBuilder,
  template: Template,
): Promise<PreparedTemplate | undefined> {
  const database = server.names.template(template)
  const marker = await databases.marker(database)
  if (marker === undefined) return undefined
  if (marker === 'foreign') throw foreign(database)
  const { strategy } = marker
  if (marker.isolane !== 'template' || marker.fingerprint !== template.fingerprint || !strategy) return undefined
  return { database, marker: { ...marker, strategy } }
}

/** Finds the template or builds it. `built` tells which. Two sessions on one server build one template once. */
export async function ensureTemplate(
  builder: TemplateBuilder,
  template: Template,
  content: TemplateContent,
): Promise<PreparedTemplate & { readonly built: boolean }> {
  const lock = await builder.pool.connect()
  try {
    await lock.query('SELECT pg_advisory_lock($1)', [lockKey(`building ${builder.server.names.template(template)}`)])
    const found = await findTemplate(builder, template)
    if (found) return { ...found, built: false }
    return { ...(await build(builder, template, content)), built: true }
  } finally {
    // Ending the connection ends the lock too, whatever state an error left it in.
    lock.release(true)
  }
}

async function build(
  builder: TemplateBuilder,
  template: Template,
  content: TemplateContent,
): Promise<PreparedTemplate> {
  const { databases, pool, server } = builder
  const { fingerprint } = template
  const final = server.names.template(template)
  const database = server.names.building(template)
  // We hold the lock, so whoever began these is gone.
  await databases.discard(database)
  try {
    await content.make(builder, database, fingerprint)
    await databases.cutOff(database, 3_000)
    const finished = server.tracked
      ? { adopt: await installTracking(server.admin, database, template.cacheable) }
      : { plain: await finishPlain(server, database) }
    await whileInUse(() =>
      pool.query(`ALTER DATABASE ${identifier(database)} ALLOW_CONNECTIONS false IS_TEMPLATE true`),
    )
    await databases.cutOff(database)
    const strategy = await fastestStrategy(databases, server, database, template)
    const marker = { isolane: 'template', fingerprint, strategy, ...finished, ...ownership(server, template) } as const
    await whileInUse(() => databases.publish(database, final, marker)).catch(async (error: unknown) => {
      // Somebody has built it who keeps locks in another database.
      if (sqlState(error) !== '42P04' || !(await findTemplate(builder, template))) throw error
      await databases.discard(database)
    })
    await databases.emptyTrash()
    return { database: final, marker }
  } catch (error) {
    await databases.discard(database).catch(() => {})
    throw error
  }
}

/** What a template's marker says on a server that others use too. */
export function ownership({ tenancy }: Server, { cacheable }: Template): Partial<Marker> {
  if (!tenancy) return {}
  return cacheable ? { used: new Date().toISOString() } : { session: tenancy.session }
}
