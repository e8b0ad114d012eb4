import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Instance, InstanceSpec, ServiceContext, ServiceSession } from '../../../src/core/contracts.ts'
import { silent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { createDockerRuntime } from '../../../src/runtimes/docker/index.ts'
import { postgres } from '../../../src/services/postgres/index.ts'
import { lackingForDocker } from '../../docker.ts'

const lacking = await lackingForDocker('postgres:17')
const megabyte = 2 ** 20

describe.skipIf(lacking)(`Postgres in Docker on a small disk${lacking}`, () => {
  const root = mkdtempSync(join(tmpdir(), 'isolane-postgres-'))
  const run = new Run(join(root, 'runs'), root)
  const { signal } = new AbortController()
  const context: ServiceContext = { name: 'postgres', root, maximumLanes: 20, report: silent, signal }
  let instance: Instance
  let session: ServiceSession

  beforeAll(async () => {
    writeFileSync(join(root, 'schema.sql'), 'CREATE TABLE item (text text);')
    const rows =
      "INSERT INTO item SELECT string_agg(md5(n::text), '') FROM generate_series(1, 100000) n GROUP BY n % 500;"
    writeFileSync(join(root, 'seed.sql'), rows)
    const { service, options } = postgres({ version: '17', migrations: 'schema.sql', seed: 'seed.sql' })
    const credentials = { username: 'isolane_admin', password: 'a-secret' }
    const spec = onSmallDisk(service.spec(options, { ...context, credentials }))
    const runtime = createDockerRuntime({ run, cacheFolder: '', report: silent })
    instance = await runtime.start(spec, { signal })
    session = await service.open(instance, options, context)
    await session.prepare(await service.template(options, context))
  })
  afterAll(async () => {
    await session?.[Symbol.asyncDispose]()
    await instance?.[Symbol.asyncDispose]()
    run.end()
    rmSync(root, { recursive: true })
  })

  test('a lane that finds no room says which disk is full, and what to do', async () => {
    let made = 0
    const fill = async (): Promise<never> => {
      for (; ; made += 1) await session.createLane({ number: made + 1, name: `lane-${made + 1}` })
    }
    await expect(fill()).rejects.toMatchObject({
      code: 'ISOLANE_DISK_FULL',
      reason: `No space is left in /dev/shm/data of ${instance.origin}`,
      remedy: expect.stringContaining('fewer lanes'),
    })
    expect(made).toBeGreaterThan(0)
  })
})

/** `/dev/shm` is the one disk of a container whose size a spec says. */
function onSmallDisk(spec: InstanceSpec): InstanceSpec {
  const { container } = spec
  if (!container) throw new Error('Postgres has no container')
  const environment = { ...container.environment, PGDATA: '/dev/shm/data' }
  return { ...spec, container: { ...container, environment, data: [], sharedMemory: 256 * megabyte } }
}
