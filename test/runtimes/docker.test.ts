import { afterAll, describe } from 'vitest'
import { runtimeContract } from '../../src/contract-tests/runtime.ts'
import { createDockerRuntime } from '../../src/runtimes/docker/index.ts'
import { lackingForDocker } from '../docker.ts'
import { cacheSpec, dockerNow, nameOf, startOwner } from './docker-fixture.ts'
import { removeFolders, testContext } from './helpers.ts'

afterAll(removeFolders)

const lacking = await lackingForDocker('redis:7')

describe.skipIf(lacking)(`Docker${lacking}`, () => {
  runtimeContract('docker, redis:7', async () => {
    const context = testContext()
    return {
      runtime: createDockerRuntime(context),
      spec: () => cacheSpec(),
      failing: {
        spec: cacheSpec({ command: ['redis-server', '/etc/cache.conf', '--no-such-setting', '1'] }),
        output: /no-such-setting/,
      },
      kill: (instance) => dockerNow('kill', nameOf(instance)),
      program: {
        command: { program: 'redis-cli', arguments: ['-h', '{host}', '-p', '{port.redis}', 'PING'] },
        output: /^NOAUTH/,
      },
      startElsewhere: () => startOwner(context.runsFolder, cacheSpec()),
    }
  })
})
