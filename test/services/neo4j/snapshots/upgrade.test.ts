/** Lanes of a newer server that begin with what an older one has saved. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { SavedStart } from '../../../../src/core/contracts.ts'
import { allJavas } from '../../../../src/runtimes/native/index.ts'
import type { Neo4jLane } from '../../../../src/services/neo4j/index.ts'
import { schemaDifference } from '../../../../src/services/neo4j/snapshots/schema-lines.ts'
import { long } from '../../../long.ts'
import { laneId, open } from '../fixture.ts'
import { everything, exactly, fill, found } from './hard-data.ts'
import { type Saved, save } from './saved.ts'

const id = laneId(1)
const newest = Math.max(0, ...(await allJavas()).map(({ major }) => major))

const startOf = (saved: Saved, more: Partial<SavedStart> = {}): SavedStart => ({
  files: saved.reader(),
  saved: saved.summary,
  ...more,
})

async function ask(lane: Neo4jLane, statement: string): Promise<void> {
  await using driver = exactly(lane)
  await driver.executeQuery(statement, {}, { database: lane.database })
}

/** What a lane holds, and what its indexes find. */
async function look(lane: Neo4jLane): Promise<{ readonly all: readonly string[]; readonly found: unknown }> {
  await using driver = exactly(lane)
  return { all: await everything(driver, lane), found: await found(driver, lane) }
}

async function saveHardData(version: string) {
  await using opened = await open({ version })
  const lane = await opened.session.createLane(id)
  await using driver = exactly(lane)
  await fill(driver, lane)
  return { before: await look(lane), saved: await save(opened.session.snapshots, id) }
}

test.skipIf(long || newest < 21)(
  `Neo4j 5.26 → 2026: every value comes along, lanes are reset to it, and there is no way back${long}`,
  { timeout: 600_000 },
  async () => {
    const { before, saved } = await saveHardData('5.26')
    using _ = saved
    const root = mkdtempSync(join(tmpdir(), 'isolane-neo4j-test-'))
    await using stack = new AsyncDisposableStack()
    stack.defer(() => rmSync(root, { recursive: true }))
    writeFileSync(join(root, '1.cypher'), 'CREATE INDEX kinds_name FOR (k:Kinds) ON (k.name);')
    writeFileSync(join(root, 'bad.cypher'), 'CREATE (:Half);\nCREATE (:Half {done: 1 / 0});')

    const opened = stack.use(await open({ version: '2026' }, { root, start: startOf(saved) }))
    const { session, template } = opened
    expect(session.version).toMatch(/^2026\./)
    const lane = await session.createLane(id)
    expect(await look(lane)).toEqual(before)
    expect(await session.snapshots.describe(id)).toEqual({ ...saved.summary, version: session.version })

    await ask(lane, 'MATCH (k:Kinds) DETACH DELETE k')
    expect(await session.reset(id, { connections: 'keep' })).toBe('CLONED')
    expect(await look(lane)).toEqual(before)

    // The template stays as it is when another can't be made of it.
    const next = { fingerprint: 'next', cacheable: false }
    const bad = startOf(saved, { migrations: 'bad.cypher' })
    await expect(session.snapshots.prepareFrom(next, bad)).rejects.toThrow(/bad\.cypher:2.*MIGRATION_FAILED/)
    const other = startOf(saved, { way: 'pg_upgrade' })
    await expect(session.snapshots.prepareFrom(next, other)).rejects.toThrow(/no way called.*UPGRADE_REFUSED/)
    const lost = startOf(saved, { saved: { ...saved.summary, counts: { ...saved.summary.counts, '(:Many)': 9 } } })
    await expect(session.snapshots.prepareFrom(next, lost)).rejects.toThrow(
      /\(:Many\) counts \d+ instead of 9.*UPGRADE_FAILED/s,
    )
    expect((await session.status()).template).toBe(template.fingerprint)

    const indexed = startOf(saved, { migrations: '1.cypher' })
    await session.snapshots.prepareFrom(next, indexed)
    await session.reset(id, { connections: 'close' })
    const after = await look(lane)
    const isNew = (line: string) => line.includes('kinds_name')
    expect(after.all.filter((line) => !isNew(line))).toEqual(before.all)
    expect(after.all.filter(isNew)).toHaveLength(1)

    using newer = await save(session.snapshots, id)
    expect(await schemaDifference(startOf(saved), startOf(newer))).toEqual([
      '+ index kinds_name RANGE nodes (Kinds) (name) range-1.0',
    ])
    const back = open({ version: '5.26' }, { start: startOf(newer) })
    await expect(back).rejects.toThrow(/snapshot is of Neo4j 2026.*can't go back.*SNAPSHOT_REFUSED/s)
  },
)
