import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { InstanceSpec } from '../../src/core/contracts.ts'
import { createDockerRuntime } from '../../src/runtimes/docker/index.ts'
import { long } from '../long.ts'
import { cacheSpec, inspected } from './docker-fixture.ts'
import { command, removeFolders, testContext } from './helpers.ts'
import { OwnDaemon } from './own-daemon.ts'

const lacking = (await OwnDaemon.lacking()) || (await lackingOfMain())
const image = 'isolane-bare-redis:7'

describe.skipIf(lacking)(`an engine of its own${lacking}`, () => {
  let daemon: OwnDaemon

  beforeAll(async () => {
    daemon = await OwnDaemon.start()
    await daemon.importProgram('redis:7', '/usr/local/bin/redis-server', image)
    vi.stubEnv('DOCKER_HOST', daemon.address)
    vi.stubEnv('TESTCONTAINERS_HOST_OVERRIDE', daemon.host)
  })
  afterAll(async () => {
    vi.unstubAllEnvs()
    await daemon[Symbol.asyncDispose]()
    removeFolders()
  })

  test.skipIf(long)(`restarted in the middle, its servers are told as ended and start again${long}`, async () => {
    const runtime = createDockerRuntime(testContext())
    const { signal } = new AbortController()
    const first = await runtime.start(bareSpec(), { signal })
    await daemon.stop()
    const starting = daemon.start()
    expect(await first.ended).toMatch(/isolane-bare-redis:7 \(container isolane-cache-.*\) (was ended by|ended with)/)
    await first[Symbol.asyncDispose]()
    const second = await runtime.start(bareSpec(), { signal })
    expect(await command(second, 'PING')).toBe('PONG')
    await second[Symbol.asyncDispose]()
    await starting
    expect(await daemon.docker('ps', '--all', '--quiet')).toBe('')
  })
})

/** The image holds no shell and no other program. */
function bareSpec(): InstanceSpec {
  return cacheSpec({ image, command: ['/etc/cache.conf'], data: [] })
}

/** Asked by its program: this process is to know no other engine than the daemon of its own. */
async function lackingOfMain(): Promise<string> {
  return inspected('redis:7', '.Id').then(
    () => '',
    (error: Error) => ` [${error.message.split('\n').at(-1)}]`,
  )
}
