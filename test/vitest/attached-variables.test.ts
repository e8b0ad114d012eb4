/** A server that is found by its usual variable is found again, although a run has those variables lead nowhere. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Stranger, startStranger } from '../services/redis/attach-fixture.ts'
import { vitestConfig } from './files.ts'
import { openProject } from './project.ts'

let server: Stranger

beforeAll(async () => {
  server = await startStranger({ version: 'valkey' })
})

afterAll(() => server?.[Symbol.asyncDispose]())

const env = () => ({ REDIS_URL: server.url, ISOLANE_RUNTIME: '' })

function config(service: string, name: string): string {
  return `
import { defineStack, redis } from 'isolane'
export default defineStack({ name: '${name}', presets: ['attach'], services: { redis: ${service} } })
`
}

const spec = `
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'

test('has a lane', async () => {
  const redis = new Redis(process.env.REDIS_URL)
  expect(await redis.dbsize()).toBe(0)
  redis.disconnect()
})
`

test('set up, torn down and set up again in one process', async () => {
  await using project = await openProject('vitest-5', {
    'isolane.config.ts': config('redis({ databases: { from: 8, to: 15 } })', 'one'),
    'vitest.config.ts': vitestConfig(),
    'a.spec.ts': spec,
    'twice.js': `
import { createVitest } from 'vitest/node'

for (const round of ['first', 'second']) {
  const vitest = await createVitest('test', { watch: false }, { server: { middlewareMode: true } })
  await vitest.start()
  await vitest.close()
  console.log(round + ': ' + vitest.state.getFiles().map(({ result }) => result.state) + ' ' + process.env.REDIS_URL)
}
process.exit()
`,
  })
  const { code, output } = await project.node(['twice.js'], { env: env() })
  expect(code, output).toBe(0)
  expect(output).toContain(`first: pass ${server.url}`)
  expect(output).toContain(`second: pass ${server.url}`)
})

test('in the second of two projects whose configs read it', async () => {
  const service = 'redis({ url: process.env.REDIS_URL, databases: { from: 8, to: 15 } })'
  const inner = (name: string) => ({
    [`${name}/isolane.config.ts`]: config(service, name),
    [`${name}/vitest.config.ts`]: vitestConfig(`name: '${name}'`),
    [`${name}/a.spec.ts`]: spec,
  })
  await using project = await openProject('vitest-5', {
    ...inner('left'),
    ...inner('right'),
    'vitest.config.ts': "export default { test: { projects: ['left', 'right'] } }\n",
  })
  const { code, output, passed } = await project.run([], { env: env() })
  expect(code, output).toBe(0)
  expect(passed).toHaveLength(2)
})
