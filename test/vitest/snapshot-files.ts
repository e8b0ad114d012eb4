/** Projects whose runs save what their tests left, and what is in the lanes that came back. */
import { DatabaseSync } from 'node:sqlite'
import { Redis } from 'ioredis'
import type { Project } from './project.ts'

/** `isolane.config.ts` with the two services that are quickest to start. */
export function quickConfig(settings: string): string {
  return `
import { defineStack, redis, sqlite } from 'isolane'

export default defineStack({
  services: { cache: redis(), db: sqlite({ migrations: 'items.sql' }) },
  ${settings}
})
`
}

export const itemsTable = { 'items.sql': 'CREATE TABLE items (name TEXT)' }

/** Statements of a test that leave `item` in both databases. */
export function store(item: string): string {
  return `
  await redis.set('${item}', 'stored')
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite')
  const db = new DatabaseSync(process.env.SQLITE_FILE)
  db.exec("INSERT INTO items VALUES ('${item}')")
  db.close()
`
}

/** The name of the snapshot that a run says it has made. */
export function savedName(output: string): string {
  const [, name] = /^isolane snapshot: (\S+) has the lanes /m.exec(output) ?? []
  if (name === undefined) throw new Error(`no snapshot was made:\n${output}`)
  return name
}

/** The folder that it says the snapshot is in. */
export function savedFolder(output: string): string {
  return /^isolane snapshot: .* \(\d+ kB, (.+)\)$/m.exec(output)?.[1] ?? ''
}

export interface KeptLane {
  readonly name: string
  readonly phase: string
  readonly failedTest?: string
  readonly env: Readonly<Record<string, string>>
}

/** Lanes of the stack that is up which are kept. */
export async function keptLanes(project: Project): Promise<readonly KeptLane[]> {
  const { output } = await project.cli('status', '--json', '--passwords')
  const { pool } = JSON.parse(output) as { pool: { lanes: readonly KeptLane[] } }
  return pool.lanes.filter(({ failedTest }) => failedTest !== undefined)
}

/** The items in both databases of a lane; the same in both, or this throws. */
export async function itemsIn({ env }: KeptLane): Promise<readonly string[]> {
  const redis = new Redis(env.REDIS_URL ?? '')
  const db = new DatabaseSync(env.SQLITE_FILE ?? '', { readOnly: true })
  try {
    const keys = (await redis.keys('*')).sort()
    const rows = db
      .prepare('SELECT name FROM items ORDER BY name')
      .all()
      .map(({ name }) => String(name))
    if (keys.join() !== rows.join()) throw new Error(`Redis has ${keys}, SQLite ${rows}`)
    return keys
  } finally {
    redis.disconnect()
    db.close()
  }
}
