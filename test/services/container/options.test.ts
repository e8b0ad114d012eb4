import { expect, expectTypeOf, test } from 'vitest'
import { nowhereHost } from '../../../src/core/contracts.ts'
import { silent } from '../../../src/core/report.ts'
import { type ContainerOptions, container, defineStack, sqlite } from '../../../src/index.ts'

const minimal = { image: 'store:1', ports: { http: 80 }, env: () => ({}) }
const context = {
  name: 'store',
  root: '/project',
  maximumLanes: 2,
  report: silent,
  signal: new AbortController().signal,
  credentials: { username: 'admin', password: 'secret' },
}

function specOf(options: object) {
  const { service, options: checked } = container({ ...minimal, ...options })
  return service.spec(checked, context)
}

test.each([
  [{ image: '' }, 'option "image" is invalid: Expected an image'],
  [{ imgae: 'store' }, 'unknown option "imgae"; did you mean "image"'],
  [{ ports: {} }, 'option "ports" is invalid: Expected at least one port: { http: 6333 }'],
  [{ ports: 6333 }, 'option "ports" is invalid: Expected ports by name: { http: 6333 }'],
  [{ ports: { http: 70_000 } }, 'option "ports.http" is invalid: Expected a port from 1 to 65535'],
  [{ wait: { htpp: '/ready' } }, 'option "wait" is invalid: Expected { port }, { http: "/path", port }, { line }'],
  [
    { wait: { http: '/ready', port: 'grpc' } },
    'option "wait.port" is invalid: there is no port "grpc": choose from http',
  ],
  [{ startTimeout: 0 }, 'option "startTimeout" is invalid: Expected a number of milliseconds above 0'],
  [{ files: { 'etc/store.conf': { text: '' } } }, 'is invalid: Expected absolute paths inside the container'],
  [{ files: { '/etc/store.conf': 'text' } }, 'is invalid: Expected { text } or { source }'],
  [{ lane: { create: () => ({}) } }, 'option "lane.reset" is invalid: '],
  [
    { lane: { create() {}, reset() {}, destroy() {} } },
    'option "lane" is invalid: Expected nothing but create, reset and drop',
  ],
  [{ snapshot: { save: () => {} } }, 'option "snapshot.load" is invalid: '],
  [{ env: { STORE_URL: 'x' } }, 'option "env" is invalid: Expected a function such as (lane) => ({'],
])('options are checked: %o', (options, message) => {
  expect(() => container({ ...minimal, ...options } as unknown as ContainerOptions)).toThrow(message)
})

test('what a container needs is data, with paths of the project made absolute', () => {
  const spec = specOf({
    image: 'registry:5000/vectors/store:v1.2@sha256:0123456789abcdef',
    ports: { http: 80, grpc: 81 },
    environment: { STORE_PASSWORD: '{password}' },
    command: ['serve', '--quiet'],
    files: { '/etc/store.conf': { text: 'password = {password}' }, '/etc/words': { source: 'data/words.txt' } },
    data: ['/var/lib/store'],
    wait: { http: '/ready', port: 'grpc', status: 204 },
    startTimeout: 5_000,
  })
  expect(structuredClone(spec)).toEqual(spec)
  expect(spec).toMatchObject({
    service: 'store',
    kind: 'store',
    ports: { http: 0, grpc: 0 },
    container: {
      ports: { http: 80, grpc: 81 },
      environment: { STORE_PASSWORD: '{password}' },
      command: ['serve', '--quiet'],
      files: {
        '/etc/store.conf': { text: 'password = {password}' },
        '/etc/words': { source: '/project/data/words.txt' },
      },
      data: ['/var/lib/store'],
      ready: { http: { path: '/ready', port: 'grpc', status: 204 } },
      startTimeout: 5_000,
    },
  })
})

test.each([
  [undefined, { port: 'http' }],
  [{ port: 'http' }, { port: 'http' }],
  [
    { line: 'open', times: 2 },
    { line: 'open', times: 2 },
  ],
  [{ command: ['store', 'ping'] }, { command: ['store', 'ping'] }],
])('ready when: %o', (wait, ready) => {
  expect(specOf(wait ? { wait } : {}).container?.ready).toEqual(ready)
})

test('without `lane` each lane has a container of its own', () => {
  const lane = { create: () => ({}), reset: () => {} }
  expect(container(minimal)).toMatchObject({ runtime: 'docker', isolation: 'instance' })
  expect(container({ ...minimal, lane })).toMatchObject({ runtime: 'docker' })
  expect(container({ ...minimal, lane })).not.toHaveProperty('isolation')
})

test('what `create` returns is known where variables are named, and leads nowhere until a lane is leased', () => {
  const { service } = container({
    image: 'store:1',
    ports: { http: 80 },
    lane: {
      create: ({ name, number, ports, url }) => {
        expectTypeOf(url).parameter(0).toEqualTypeOf<'http'>()
        return { prefix: `${name}-`, shard: number, at: ports.http }
      },
      reset: (_server, lane) => {
        expectTypeOf(lane.prefix).toEqualTypeOf<string>()
        expectTypeOf(lane.shard).toEqualTypeOf<number>()
      },
    },
    env: (lane) => ({ URL: lane.url, PREFIX: lane.prefix.toUpperCase(), PORT: `${lane.httpPort}` }),
  })
  const variables = service.env(service.nowhere)
  expect(variables).toEqual({ URL: `http://${nowhereHost}:1`, PREFIX: nowhereHost.toUpperCase(), PORT: '1' })
})

test('a config knows the fields of such lanes', () => {
  const store = container({ ...minimal, lane: { create: () => ({ prefix: 'p' }), reset: () => {} } })
  const db = sqlite()
  const { env } = defineStack({
    services: { store, db },
    env: (lane) => {
      expectTypeOf(lane.store.prefix).toEqualTypeOf<string>()
      expectTypeOf(lane.store.httpPort).toEqualTypeOf<number>()
      expectTypeOf(lane.db.file).toEqualTypeOf<string>()
      return { PREFIX: lane.store.prefix, FILE: lane.db.file }
    },
  })
  const file = db.service.nowhere.file
  expect(env?.({ store: store.service.nowhere, db: db.service.nowhere })).toEqual({ PREFIX: nowhereHost, FILE: file })
})
