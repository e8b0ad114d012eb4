import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { runtimes } from '../../../src/builtin.ts'
import { resolveConfig } from '../../../src/core/config-check.ts'
import { cacheFolder } from '../../../src/core/folders.ts'
import type { Lane } from '../../../src/core/lane.ts'
import { silent } from '../../../src/core/report.ts'
import { Stack } from '../../../src/core/stack.ts'
import { type Neo4jLane, neo4j } from '../../../src/services/neo4j/index.ts'
import { lackingForDocker } from '../../docker.ts'
import { long } from '../../long.ts'
import { connect, count, query } from './fixture.ts'

const lacking = await lackingForDocker('neo4j:5.26')

let root: string

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'isolane-neo4j-test-'))
})

afterEach(() => rmSync(root, { recursive: true, force: true }))

const graphOf = ({ endpoints }: Lane) => endpoints.graph as Neo4jLane

async function aHostForEachLane(runtime: string): Promise<void> {
  const seed = {
    inputs: [],
    run: async ({ lane }: { lane: Neo4jLane }) => {
      await using driver = connect(lane)
      await query(driver, lane, 'CREATE (:Seed)')
    },
  }
  const config = { services: { graph: neo4j({ seed, isolation: 'instance' }) }, runtime, lanes: 2 }
  const stack = await Stack.open({
    config: resolveConfig(config, root, {}),
    runtimes,
    stateFolder: join(root, 'state'),
    cacheFolder: cacheFolder(),
    workers: 2,
    report: silent,
    signal: new AbortController().signal,
  })
  try {
    const ready = async () => (await stack.status()).pool.lanes.filter(({ phase }) => phase === 'ready').length
    await expect.poll(ready, { timeout: 240_000 }).toBe(2)
    const holder = { pid: process.pid, what: 'test' }
    const lanes = [await stack.pool.lease(holder), await stack.pool.lease(holder)]
    expect((await stack.status()).services).toMatchObject([{ runtime, isolation: 'instance', instances: 2 }])
    for (const [index, lane] of lanes.entries()) {
      const graph = graphOf(lane)
      await using driver = connect(graph)
      await query(driver, graph, `UNWIND range(0, ${index}) AS i CREATE (:Mine)`)
      expect(await count(driver, graph)).toBe(index + 2)
    }
    const [first] = lanes
    if (!first) throw new Error('no lane')
    await stack.pool.reset(first.id.number)
    await using driver = connect(graphOf(first))
    expect(await count(driver, graphOf(first))).toBe(1)
  } finally {
    await stack.close()
  }
}

test('a host for each lane, native', { timeout: 300_000 }, () => aHostForEachLane('native'))

describe.skipIf(lacking || long)(`in Docker${lacking || long}`, () => {
  test('a container for each lane', { timeout: 300_000 }, () => aHostForEachLane('docker'))
})
