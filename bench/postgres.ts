import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import type { Instance, ServiceSession } from '../src/core/contracts.ts'
import { cacheFolder } from '../src/core/folders.ts'
import { silent } from '../src/core/report.ts'
import { Run } from '../src/core/run.ts'
import { createNativeRuntime } from '../src/runtimes/native/index.ts'
import { type PostgresLane, postgres } from '../src/services/postgres/index.ts'
import { embeddedPostgres } from './embedded-postgres.ts'
import type { Row } from './row.ts'
import { median, quantile, timed } from './statistics.ts'

const tables = Array.from({ length: 100 }, (_, number) => `t${number}`)
const clones = 25
const resets = 200
const truncates = 15
const coldStarts = 5

/** 16 MB as a database, the server's own 7.5 MB included. */
const schema = tables
  .map(
    (table) => `CREATE TABLE ${table}
      (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, made timestamptz DEFAULT now(), n int);
    INSERT INTO ${table} (name, n) SELECT md5(g::text), g FROM generate_series(1, 280) g;`,
  )
  .join('\n')

export async function benchPostgres(): Promise<Row[]> {
  const folder = await mkdtemp(join(tmpdir(), 'isolane-bench-'))
  try {
    // The servers run as another user when we are root.
    await chmod(folder, 0o755)
    await writeFile(join(folder, 'schema.sql'), schema)
    const stack = await open(folder)
    try {
      return [await cloneRow(stack), await resetRow(stack), ...(await coldRow(folder))]
    } finally {
      await stack.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

interface Stack {
  readonly session: ServiceSession<PostgresLane>
  readonly admin: pg.Client
  /** A superuser's connection to a database. */
  connect(database: string): Promise<pg.Client>
  close(): Promise<void>
}

/** Both copy the same tables on the same server, without durability, and drop the copy before the next. */
async function cloneRow({ session, admin, connect }: Stack): Promise<Row> {
  await admin.query('CREATE DATABASE plain')
  const plain = await connect('plain')
  await plain.query(schema)
  await plain.end()
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < clones; round += 1) {
    theirs.push(await timed(() => admin.query('CREATE DATABASE copied TEMPLATE plain')))
    await admin.query('DROP DATABASE copied')
    const lane = { number: 1, name: 'lane-1' }
    ours.push(await timed(() => session.createLane(lane)))
    await session.dropLane(lane)
    await session.idle?.()
  }
  const ratio = median(ours) / median(theirs)
  return {
    what: 'Postgres clone of 100 tables, 16 MB, against CREATE DATABASE … TEMPLATE, p50',
    ours: median(ours),
    theirs: median(theirs),
    unit: 'ms',
    ratio,
    target: '≤ 0.45 × TEMPLATE',
    reached: ratio <= 0.45,
  }
}

/** Five of the tables dirty: rows added to two, seeds changed in two, seeds deleted from one. */
async function resetRow({ session, admin, connect }: Stack): Promise<Row> {
  const lane = { number: 2, name: 'lane-2' }
  const { url } = await session.createLane(lane)
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const ours: number[] = []
  for (let round = 0; round < resets; round += 1) {
    const dirty = Array.from({ length: 5 }, (_, number) => `t${(round * 5 + number) % 100}`)
    await client.query(`
      INSERT INTO ${dirty[0]} (name, n) SELECT 'new', g FROM generate_series(1, 10) g;
      INSERT INTO ${dirty[1]} (name, n) VALUES ('new', 1);
      UPDATE ${dirty[2]} SET name = 'changed' WHERE id <= 5;
      UPDATE ${dirty[3]} SET n = n + 1 WHERE id = 7;
      DELETE FROM ${dirty[4]} WHERE id BETWEEN 10 AND 14`)
    ours.push(await timed(() => session.resetLane(lane, { connections: 'keep' })))
  }
  await client.end()

  await admin.query('CREATE DATABASE copied TEMPLATE plain')
  const truncated = await connect('copied')
  const theirs: number[] = []
  for (let round = 0; round < truncates; round += 1) {
    for (const table of tables.slice(0, 5)) await truncated.query(`INSERT INTO ${table} (name) VALUES ('new')`)
    theirs.push(await timed(() => truncated.query(`TRUNCATE ${tables.join(', ')} RESTART IDENTITY CASCADE`)))
  }
  await truncated.end()
  const ratio = median(ours) / median(theirs)
  return {
    what: `Postgres reset with 5 dirty of 100 tables, seeds restored, p50 (p99 ${quantile(ours, 0.99).toFixed(1)} ms), against TRUNCATE of all, seeds gone`,
    ours: median(ours),
    theirs: median(theirs),
    unit: 'ms',
    ratio,
    target: '≤ 3 ms, ≤ 1/20 of TRUNCATE',
    reached: median(ours) <= 3 && ratio <= 1 / 20,
  }
}

/** From no process to a lane with the migrated schema, the second time a project is run; against a new cluster. */
async function coldRow(folder: string): Promise<Row[]> {
  const ours: number[] = []
  const theirs: number[] = []
  for (let round = 0; round < coldStarts; round += 1) {
    let stack: Stack | undefined
    ours.push(
      await timed(async () => {
        stack = await open(folder)
        await stack.session.createLane({ number: 1, name: 'lane-1' })
      }),
    )
    await stack?.close()
    const server = await embeddedPostgres(join(folder, `cluster-${round}`), 40_000 + round)
    if (!server) return []
    theirs.push(
      await timed(async () => {
        await server.initialise()
        await server.start()
        await server.createDatabase('test')
        const client = server.getPgClient('test')
        await client.connect()
        await client.query(schema)
        await client.end()
      }),
    )
    await server.stop()
  }
  const ratio = median(ours) / median(theirs)
  return [
    {
      what: 'Postgres from nothing to a migrated database, project run before, against embedded-postgres, p50',
      ours: median(ours),
      theirs: median(theirs),
      unit: 'ms',
      ratio,
      target: '≤ 400 ms',
      reached: median(ours) <= 400,
    },
  ]
}

async function open(folder: string): Promise<Stack> {
  const state = await mkdtemp(join(folder, 'state-'))
  const runtime = createNativeRuntime({
    run: new Run(join(state, 'runs'), folder),
    cacheFolder: cacheFolder(),
    report: silent,
  })
  const { service, options } = postgres({ version: '17', migrations: 'schema.sql' })
  const { signal } = new AbortController()
  const context = { name: 'postgres', root: folder, maximumLanes: 16, report: silent, signal }
  const credentials = { username: 'bench', password: crypto.randomUUID() }
  const template = await service.template(options, context)
  const spec = service.spec(options, { ...context, credentials })
  const instance = await runtime.start(spec, { signal, from: template.fingerprint })
  const session = await service.open(instance, options, context)
  await session.prepare(template)
  const connect = (database: string) => connectTo(instance, database)
  const admin = await connect('postgres')
  return {
    session,
    admin,
    connect,
    close: async () => {
      await admin.end()
      await session[Symbol.asyncDispose]()
      await instance[Symbol.asyncDispose]()
    },
  }
}

async function connectTo({ endpoint }: Instance, database: string): Promise<pg.Client> {
  const { username: user, password } = endpoint.credentials
  const client = new pg.Client({ host: endpoint.host, port: endpoint.ports.postgres, user, password, database })
  await client.connect()
  return client
}
