/** What goes wrong with clients for tests, and their end with a lease. What goes right: test/vitest/lane-fixture.test.ts. */
import { execa } from 'execa'
import { describe, expect, test } from 'vitest'
import { clientSupport } from '../../src/builtin-clients.ts'
import type { LaneEndpoint } from '../../src/core/contracts.ts'
import { expectEmpty, lease, redis } from '../../src/index.ts'

const common = { host: '127.0.0.1', port: 1, user: 'ada', password: 'secret', database: 'lane', version: '' }

const away: Readonly<Record<string, { readonly endpoint: LaneEndpoint; readonly client: string }>> = {
  postgres: {
    endpoint: { ...common, url: 'postgresql://ada:secret@127.0.0.1:1/lane', sslmode: 'disable' },
    client: 'pg',
  },
  redis: { endpoint: { ...common, url: 'redis://ada:secret@127.0.0.1:1/3' }, client: 'ioredis' },
  neo4j: { endpoint: { ...common, url: 'bolt://127.0.0.1:1' }, client: 'neo4j-driver' },
}

/** A process in which one package can't be found. */
async function without(client: string, script: string): Promise<string> {
  const hooks = `
    import { registerHooks } from 'node:module'
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier !== ${JSON.stringify(client)}) return next(specifier, context)
        throw Object.assign(new Error("Cannot find package '${client}'"), { code: 'ERR_MODULE_NOT_FOUND' })
      },
    })`
  const hooksUrl = `data:text/javascript,${encodeURIComponent(hooks)}`
  const { stdout } = await execa(process.execPath, ['--import', hooksUrl, '--input-type=module', '--eval', script])
  return stdout
}

describe.each(Object.entries(away))('%s', (kind, { endpoint, client }) => {
  test('a server that does not answer is told, without the password', async () => {
    const error = await clientSupport[kind]?.contents(endpoint).catch((error) => error)
    expect(error).toMatchObject({ code: 'ISOLANE_SERVER_UNREACHABLE' })
    expect(error.message).toMatch(/^The lane's \w+ at .*127\.0\.0\.1:1 does not answer \(.*ECONNREFUSED/)
    expect(`${error.message}${error.cause}`).not.toContain('secret')
  })

  test('a package that is missing is told, with the command that installs it', async () => {
    const module = new URL('../../src/builtin-clients.ts', import.meta.url).href
    const said = await without(
      client,
      `import { clientSupport } from ${JSON.stringify(module)}
       await clientSupport.${kind}.contents(${JSON.stringify(endpoint)}).catch((error) => console.log(error.message))`,
    )
    expect(said).toMatch(/ISOLANE_CLIENT_MISSING/)
    expect(said).toContain(`npm install -D ${client}`)
  })
})

test('a copy of a lane is looked into as the lane is; what can not be is no empty lane', async () => {
  await using lane = await lease({ stack: { services: { cache: redis() }, runtime: 'native' } })
  await expectEmpty({ ...lane })
  await (await lane.cache.client()).set('key', 'value')
  await expect(expectEmpty({ ...lane })).rejects.toMatchObject({ code: 'ISOLANE_LANE_NOT_EMPTY' })
  expect({ ...lane }).toEqual(lane)
  const plain = JSON.parse(JSON.stringify(lane))
  expect(Object.keys(plain).sort()).toEqual(['cache', 'env', 'name'])
  await expect(expectEmpty(plain)).rejects.toMatchObject({
    code: 'ISOLANE_OPTION_INVALID',
    message: expect.stringMatching(/^`expectEmpty` was given something that is no lane/),
  })
})

test('a lease closes its clients, whatever was done to them', async () => {
  const stack = { services: { cache: redis() }, runtime: 'native' }
  const lane = await lease({ stack })
  const [one, two, closed] = await Promise.all([lane.cache.client(), lane.cache.client(), lane.cache.client()])
  await one.set('key', 'value')
  await expect(expectEmpty(lane)).rejects.toThrow(/lane-1 is not empty.*\n {2}cache: 1 key \(key\)$/)
  const blocked = expect(two.blpop('nothing', 0)).rejects.toThrow(/closed/)
  await closed.quit()
  await lane[Symbol.asyncDispose]()
  await blocked
  expect([one.status, two.status, closed.status]).toEqual(['end', 'end', 'end'])
})
