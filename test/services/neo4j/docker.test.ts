import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cacheFolder } from '../../../src/core/folders.ts'
import { silent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { createDockerRuntime } from '../../../src/runtimes/docker/index.ts'
import { installEngine } from '../../../src/runtimes/native/index.ts'
import { type Neo4jLane, neo4j } from '../../../src/services/neo4j/index.ts'
import { pluginEngines } from '../../../src/services/neo4j/plugins.ts'
import { lackingForDocker } from '../../docker.ts'
import { long } from '../../long.ts'
import { connect, count, laneId, type Opened, open, query } from './fixture.ts'

const lacking = await lackingForDocker('neo4j:5.26')

describe.skipIf(lacking)(`Neo4j Community in Docker${lacking}`, () => {
  const root = mkdtempSync(join(tmpdir(), 'isolane-neo4j-test-'))
  let opened: Opened

  beforeAll(async () => {
    for (const engine of pluginEngines({ plugins: ['apoc'] })) {
      const { folder } = await installEngine(engine, { cacheFolder: cacheFolder(), report: silent })
      cpSync(join(folder, 'lib'), join(root, 'plugins'), { recursive: true })
    }
    opened = await open({ database: 'tta_dev', plugins: './plugins' }, { root, createRuntime: createDockerRuntime })
  })

  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]()
    rmSync(root, { recursive: true })
  })

  test.skipIf(long)(`lanes answer on bolt:// and, by what the server advertises, on neo4j://${long}`, async () => {
    const lanes = await Promise.all([1, 2].map((number) => opened.session.createLane(laneId(number))))
    for (const [index, lane] of lanes.entries()) {
      await using routed = connect(lane, lane.url.replace('bolt:', 'neo4j:'))
      await using direct = connect(lane)
      await query(routed, lane, `UNWIND range(0, ${index}) AS i CREATE (:Mine)`)
      expect(await count(direct, lane)).toBe(index + 1)
    }
    expect(lanes.map(({ port }) => port)).toEqual([
      opened.instance.endpoint.ports['lane-1'],
      opened.instance.endpoint.ports['lane-2'],
    ])
  })

  test('a replaced lane keeps the address that it advertises', async () => {
    const lane = await opened.session.createLane(laneId(3))
    await using driver = connect(lane, lane.url.replace('bolt:', 'neo4j:'))
    await query(driver, lane, "CREATE USER mallory SET PASSWORD 'mallory-1'")
    expect(await opened.session.reset(laneId(3), { connections: 'close' })).toBe('REPLACED')
    await using again = connect(lane, lane.url.replace('bolt:', 'neo4j:'))
    expect(await count(again, lane)).toBe(0)
  })

  test('status tells the databases, the user, and where to browse', async () => {
    const lane = await opened.session.createLane(laneId(4))
    const details = await opened.session.details()
    expect(details.databases).toContain(`tta-dev (lane-4) at bolt://${lane.host}:${lane.port}`)
    expect(details.user).toBe('neo4j')
    expect(details.browser).toMatch(/^https:\/\/browser\.neo4j\.io\/\?dbms=bolt%3A%2F%2Fneo4j%40.*&db=tta-dev$/)
    expect(JSON.stringify(details)).not.toContain(lane.password)
  })

  test('plugins of a folder are there', async () => {
    const lane = await opened.session.createLane(laneId(5))
    await using driver = connect(lane)
    const rows = await query(driver, lane, "RETURN apoc.text.join(['a', 'b'], '-') AS text")
    expect(rows).toEqual([{ text: 'a-b' }])
  })
})

describe.skipIf(lacking || long)(`an image’s own server in Docker${lacking || long}`, () => {
  test('is started with a password of its own; what it can do is found out by trying', {
    timeout: 300_000,
  }, async () => {
    const root = mkdtempSync(join(tmpdir(), 'isolane-neo4j-test-'))
    const run = new Run(join(root, 'runs'), root)
    const runtime = createDockerRuntime({ run, cacheFolder: cacheFolder(), report: silent })
    const { signal } = new AbortController()
    const context = { name: 'graph', root, maximumLanes: 1, report: silent, signal }
    const { service, options } = neo4j({ image: 'neo4j:5.26', acceptLicense: 'eval', plugins: [] })
    const credentials = { username: 'admin', password: 'a-stacks-secret' }
    const instance = await runtime.start(service.spec(options, { ...context, credentials }), { signal })
    try {
      await expect(service.open(instance, options, context)).rejects.toThrow(
        /one database only.*leave `acceptLicense` out.*ATTACH_REFUSED/,
      )
      await using session = await service.open(instance, { ...options, disposable: true }, context)
      await session.prepare(await service.template(options, context))
      const lane = (await session.createLane(laneId(1))) as Neo4jLane
      await using driver = connect(lane)
      expect(await count(driver, lane)).toBe(0)
      const { host, ports } = instance.endpoint
      expect(await session.details?.()).toMatchObject({
        databases: `neo4j (lane-1, online) at ${lane.url}`,
        browser: expect.stringMatching(`^http://${host}:${ports.http}/browser/\\?dbms=bolt`),
      })
    } finally {
      await instance[Symbol.asyncDispose]()
      run.end()
      rmSync(root, { recursive: true })
    }
  })
})
