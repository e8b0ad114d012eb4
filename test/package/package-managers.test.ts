/** The tarball in an empty project, as each package manager installs it. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { long, longMatrix } from '../long.ts'
import { type ManagerName, managers, prepareManagers, UserProject } from './manager.ts'

const suite = (imports: string, name: string) => `
${imports}

test('${name}', async () => {
  const redis = new Redis(process.env.REDIS_URL)
  expect(await redis.dbsize()).toBe(0)
  await redis.set('${name}', 'dirt')
  redis.disconnect()
})
`

// An enumeration is TypeScript that Node itself does not load.
const config = `
import { defineStack, redis, sqlite } from 'isolane'

enum Suite { Name = 'orders' }

export default defineStack({ services: { redis: redis(), files: sqlite() }, env: () => ({ SUITE: Suite.Name }) })
`

const forVitest = `
import { Redis } from 'ioredis'
import { expect } from 'vitest'
import { test } from 'isolane/vitest/test'
`

const files = {
  'isolane.config.ts': config,
  'vitest.config.ts': `
import { isolane } from 'isolane/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({ plugins: [isolane()] })
`,
  'tests/one.test.ts': suite(forVitest, 'one'),
  'tests/two.test.ts': suite(forVitest, 'two'),
  'script.ts': `
import { lease } from 'isolane'

await using lane = await lease()
console.log('leased', lane.name, lane.env.SUITE)
`,
}

const forJest = `
const { Redis } = require('ioredis')
const { expectEmpty, lane } = require('isolane/jest/test')

beforeEach(() => expectEmpty(lane()))
`

const jestFiles = {
  'isolane.config.mts': config,
  'tests/one.test.js': suite(forJest, 'one'),
  'tests/two.test.js': suite(forJest, 'two'),
}

/** What a run says that has started the services of the config. */
const stack = /redis \(valkey \S+\), files \(sqlite \S+\) on folder, native, shared/

beforeAll(prepareManagers)

for (const { value: name, why } of longMatrix(Object.keys(managers) as ManagerName[])) {
  describe.skipIf(why)(`installed by ${name}${why}`, () => {
    let project: UserProject

    beforeAll(async () => {
      project = new UserProject(name)
      await project.install({ 'package-lock.json': ['ioredis', 'vite', 'vitest'] }, files, { type: 'module' })
    })

    afterAll(() => project?.[Symbol.dispose]())

    test('a suite has its lanes', async () => {
      const { all } = await project.exec('vitest', 'run')
      expect(all).toMatch(/Tests +2 passed/)
      expect(all).toMatch(stack)
    })

    test('the command line finds the project and its packages', async () => {
      expect((await project.exec('isolane', 'doctor')).stdout).toMatch(/^ok +ioredis: \d/m)
      await project.exec('isolane', 'up')
      try {
        const { services } = JSON.parse((await project.exec('isolane', 'status', '--json')).stdout)
        expect(services).toMatchObject([{ kind: 'redis' }, { kind: 'sqlite' }])
      } finally {
        await project.exec('isolane', 'down')
      }
    })

    test('a script leases a lane', async () => {
      expect((await project.exec('node', 'script.ts')).stdout).toMatch(/^leased lane-1 orders$/m)
    })
  })

  describe.skipIf(long)(`Jest, installed by ${name}${long}`, () => {
    let project: UserProject

    beforeAll(async () => {
      project = new UserProject(name)
      const packages = { 'package-lock.json': ['ioredis'], 'test/runners/jest-30/package-lock.json': ['jest'] }
      await project.install(packages, jestFiles, { jest: { preset: 'isolane' } })
    })

    afterAll(() => project?.[Symbol.dispose]())

    test('a suite has its lanes', async () => {
      const { all } = await project.exec('jest', '--maxWorkers=2')
      expect(all).toMatch(/Tests: +2 passed/)
      expect(all).toMatch(stack)
    })
  })
}
