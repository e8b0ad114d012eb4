import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { cacheFolder } from '../../src/core/folders.ts'
import { silent } from '../../src/core/report.ts'
import { Run } from '../../src/core/run.ts'
import { createNativeRuntime } from '../../src/runtimes/native/index.ts'
import { redis } from '../../src/services/redis/index.ts'

const credentials = { username: 'isolane_admin', password: 'an-administrators-secret' }
/** May touch nothing but the namespace `dev`: the server itself refuses all else. */
const rules = ['resetchannels', '~dev:*', '&dev:*', '+@all']
const confined = { username: 'confined', password: 'a-confined-secret' }

interface ConnectOptions {
  readonly username?: string
  readonly password?: string
  readonly keyPrefix?: string
  readonly protocol?: 2 | 3
  readonly enableAutoPipelining?: boolean
}

export interface Server extends AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly password: string
  readonly version: string
  /** As a user who may do everything. Closed with the server. */
  connect(options?: ConnectOptions): Redis
  /** As a user whose rules allow `~dev:*` and `&dev:*`. */
  connectConfined(): Redis
}

/** A server of its own, natively. */
export async function startServer(version: string): Promise<Server> {
  const runs = mkdtempSync(join(tmpdir(), 'isolane-namespace-test-'))
  const run = new Run(runs, 'namespace-test')
  const { signal } = new AbortController()
  const runtime = createNativeRuntime({ run, cacheFolder: cacheFolder(), report: silent })
  const { service, options } = redis({ version })
  const context = { name: 'cache', root: runs, maximumLanes: 4, report: silent, signal, credentials }
  const instance = await runtime.start(service.spec(options, context), { signal })
  const port = instance.endpoint.ports.redis as number
  const clients: Redis[] = []
  const connect = (more: ConnectOptions = {}) => {
    const client = new Redis({ port, ...credentials, retryStrategy: () => null, ...more })
    client.on('error', () => {})
    clients.push(client)
    return client
  }
  const administrator = connect()
  await administrator.call('ACL', 'SETUSER', confined.username, 'on', `>${confined.password}`, ...rules)
  return {
    port,
    version,
    url: `redis://${credentials.username}@127.0.0.1:${port}`,
    password: credentials.password,
    connect,
    connectConfined: () => connect(confined),
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.disconnect()
      await instance[Symbol.asyncDispose]()
      run.end()
      rmSync(runs, { recursive: true, force: true })
    },
  }
}
