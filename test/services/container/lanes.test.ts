/** What happens to a lane is told by the calls of the user's own functions; no server is asked. */
import { expect, test } from 'vitest'
import { silent } from '../../../src/core/report.ts'
import { type ContainerOptions, container } from '../../../src/services/container/index.ts'

const password = 'an-administrators-secret'
const instance = {
  endpoint: {
    host: '::1',
    ports: { http: 49_001, grpc: 49_002 },
    credentials: { username: 'isolane_admin', password },
  },
  owned: true,
  origin: 'store:1.2',
  logs: async () => '',
  ended: new Promise<string>(() => {}),
  [Symbol.asyncDispose]: async () => {},
}
const lane = { number: 3, name: 'lane-3' }
const context = { name: 'store', root: '/', maximumLanes: 4, report: silent, signal: new AbortController().signal }

function open(options: Partial<ContainerOptions>) {
  const definition = container({ image: 'store:1.2', ports: { http: 80, grpc: 81 }, env: () => ({}), ...options })
  return definition.service.open(instance, definition.options, context)
}

/** Functions that note their calls. */
function noting(
  calls: string[],
  overrides: Partial<ContainerOptions['lane']> = {},
): Required<ContainerOptions>['lane'] {
  return {
    create: ({ name }) => {
      calls.push('create')
      return { prefix: `${name}-` }
    },
    reset: (server, { prefix }) => calls.push(`reset ${prefix} at ${server.url('grpc')}`),
    ...overrides,
  }
}

test('a lane is what `create` returned beside the address of each port', async () => {
  const session = await open({ lane: noting([]) })
  expect(session.version).toBe('1.2')
  expect(await session.createLane(lane)).toEqual({
    url: 'http://[::1]:49001',
    host: '::1',
    httpPort: 49_001,
    grpcPort: 49_002,
    prefix: 'lane-3-',
    version: '1.2',
  })
})

test('a lane is emptied before it is first used, seeded, emptied and seeded again, and dropped', async () => {
  const calls: string[] = []
  const session = await open({
    lane: noting(calls, { drop: (_server, { prefix }) => calls.push(`drop ${prefix}`) }),
    seed: async (server) => calls.push(`seed ${server.name} as ${server.credentials.username}`),
  })
  const reset = 'reset lane-3- at http://[::1]:49002'
  const seed = 'seed lane-3 as isolane_admin'
  await session.createLane(lane)
  expect(calls.splice(0)).toEqual(['create', reset, seed])
  await session.resetLane(lane, { connections: 'keep' })
  expect(calls.splice(0)).toEqual([reset, seed])
  await session.dropLane(lane)
  expect(calls).toEqual(['drop lane-3-'])
})

test('without `drop` a lane is emptied when it goes', async () => {
  const calls: string[] = []
  const session = await open({ lane: noting(calls) })
  await session.createLane(lane)
  calls.length = 0
  await session.dropLane(lane)
  expect(calls).toEqual(['reset lane-3- at http://[::1]:49002'])
})

test.each([
  ['lane.create', 'ISOLANE_LANE_FAILED', { create: refuse }, undefined],
  ['lane.reset', 'ISOLANE_LANE_FAILED', { reset: refuse }, undefined],
  ['seed', 'ISOLANE_LANE_FAILED', {}, refuse],
])('when `%s` throws, the error names it, without the password', async (option, code, overrides, seed) => {
  const session = await open({ lane: noting([], overrides), ...(seed ? { seed } : {}) })
  const error = await session.createLane(lane).catch((reason: unknown) => reason)
  expect(error).toMatchObject({ code, cause: expect.objectContaining({ message: expect.stringContaining('refused') }) })
  expect(String(error)).toContain(
    `store: lane-3 can't be made, as \`${option}\` of the config threw: •••@store refused`,
  )
  expect(String(error)).not.toContain(password)
  await expect(session.resetLane(lane, { connections: 'close' })).rejects.toMatchObject({ code: 'ISOLANE_LANE_LOST' })
})

test('a reset that throws says so; the lane stays and can be reset again', async () => {
  let refuses = false
  const reset = () => (refuses ? refuse() : undefined)
  const session = await open({ lane: noting([], { reset }) })
  await session.createLane(lane)
  refuses = true
  await expect(session.resetLane(lane, { connections: 'keep' })).rejects.toMatchObject({ code: 'ISOLANE_RESET_FAILED' })
  refuses = false
  await session.resetLane(lane, { connections: 'close' })
})

test('what `create` returns must be plain', async () => {
  const create = () => ({ client: {} }) as unknown as Record<string, string>
  const session = await open({ lane: noting([], { create }) })
  await expect(session.createLane(lane)).rejects.toMatchObject({
    code: 'ISOLANE_OPTION_INVALID',
    message: expect.stringContaining('`lane.create` returned "client", which is neither a text nor a number'),
  })
})

function refuse(): never {
  throw new Error(`${password}@store refused`)
}
