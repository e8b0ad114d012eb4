import { afterAll, expect, test } from 'vitest'
import { createDockerRuntime } from '../../../../src/runtimes/docker/index.ts'
import { lackingForDocker } from '../../../docker.ts'
import { long } from '../../../long.ts'
import { connect, count, laneId, query } from '../fixture.ts'
import { environmentId, freePorts, Kept, up } from './fixture.ts'

const lacking = (await lackingForDocker('neo4j:5.26')) || long
const kept = new Kept()
afterAll(() => kept[Symbol.dispose]())

test.skipIf(lacking)(
  `environments in a container outlive it; lanes do not${lacking}`,
  { timeout: 240_000 },
  async () => {
    const [dev, staging] = [environmentId('dev', 0), environmentId('staging', 1)]
    const port = await freePorts(2)
    const start = () => up({ port }, { kept, environments: [dev, staging], createRuntime: createDockerRuntime })
    {
      await using stack = await start()
      const one = await stack.session.environments.open(dev)
      const two = await stack.session.environments.open(staging)
      expect([one.port, two.port]).toEqual([port, port + 1_000])
      await using driver = connect(one, one.url.replace('bolt:', 'neo4j:'))
      await query(driver, one, 'CREATE (:Written)')
      await using other = connect(two)
      expect(await count(other, two)).toBe(0)
      expect((await fetch(String(two.http))).status).toBe(200)
      const lane = await stack.session.createLane(laneId(1))
      await using test = connect(lane)
      expect(await count(test, lane)).toBe(0)
    }
    await using stack = await start()
    const again = await stack.session.environments.open(dev)
    await using driver = connect(again)
    expect(await count(driver, again)).toBe(1)
    await stack.session.resetLane(dev, { connections: 'close' })
    expect(await count(driver, again)).toBe(0)
    const runtime = stack.forget
    await stack[Symbol.asyncDispose]()
    expect(await runtime()).not.toEqual([])
  },
)
