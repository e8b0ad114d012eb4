/** Which runtime each service gets, and the one line that tells. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { lackingForDocker } from '../docker.ts'
import { stackConfig, vitestConfig } from './files.ts'
import { openProject, type Project } from './project.ts'

const lacking = await lackingForDocker('valkey/valkey:9')

const spec = `
import { Redis } from 'ioredis'
import { expect, test } from 'vitest'

test.each(['CACHE_URL', 'QUEUE_URL'])('%s works', async (name) => {
  const redis = new Redis(process.env[name])
  expect(await redis.dbsize()).toBe(0)
  await redis.set('key', 'value')
  redis.disconnect()
})
`

async function openTwo(settings: string): Promise<Project> {
  const env = 'env: (lane) => ({ CACHE_URL: lane.cache.url, QUEUE_URL: lane.queue.url })'
  return openProject('vitest-5', {
    'isolane.config.ts': stackConfig('cache: redis(), queue: redis()', `${env}, ${settings}`),
    'vitest.config.ts': vitestConfig('maxWorkers: 1'),
    'a.spec.ts': spec,
    'b.spec.ts': spec,
  })
}

/** Empty counts as not set: the config decides. */
const fromConfig = { ISOLANE_RUNTIME: '', ISOLANE_REPORT_FILE: 'report.json' }

function runtimesOf(project: Project): Record<string, string> {
  const { services } = JSON.parse(project.read('report.json')) as { services: { name: string; runtime: string }[] }
  return Object.fromEntries(services.map(({ name, runtime }) => [name, runtime]))
}

test.skipIf(lacking)(`one service in a container, the other as a local process${lacking}`, async () => {
  await using project = await openTwo("runtime: { default: 'native', cache: 'docker' }")
  const { code, output, passed } = await project.run([], { env: fromConfig })
  expect(code, output).toBe(0)
  expect(passed).toHaveLength(4)
  expect(runtimesOf(project)).toEqual({ cache: 'docker', queue: 'native' })
  expect(output.match(/^isolane runtime: .*$/gm)).toEqual(['isolane runtime: docker for cache; native for queue'])
  expect(output).toMatch(/isolane stack: .* on docker, native, shared/)
  await project.expectNothingLeft()
})

test('auto without Docker takes local processes, and tells why in the same line', async () => {
  await using project = await openTwo("runtime: 'auto'")
  const nowhere = `unix://${join(tmpdir(), 'no-engine-listens-here.sock')}`
  const { code, output, passed } = await project.run([], { env: { ...fromConfig, DOCKER_HOST: nowhere } })
  expect(code, output).toBe(0)
  expect(passed).toHaveLength(4)
  expect(runtimesOf(project)).toEqual({ cache: 'native', queue: 'native' })
  const lines = output.match(/^isolane runtime: .*$/gm)
  expect(lines).toHaveLength(1)
  expect(lines?.[0]).toMatch(/^isolane runtime: native for cache, queue \(docker: .*no-engine-listens-here\.sock.*\)$/)
  await project.expectNothingLeft()
})
