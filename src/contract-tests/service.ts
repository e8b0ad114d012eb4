import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import {
  type Credentials,
  type Instance,
  type LaneEndpoint,
  type LaneId,
  nowhereHost,
  type Runtime,
  type ServiceContext,
  type ServiceDefinition,
  type ServiceSession,
} from '../core/contracts.ts'
import { stateFolder } from '../core/folders.ts'
import { silent } from '../core/report.ts'
import { Run } from '../core/run.ts'
import { makeTemporaryFolder } from '../core/temporary-folder.ts'
import { snapshotContract } from './snapshots.ts'

/** What the suite needs to know of a service, and of a runtime that can run it. */
export interface ServiceFixture<Lane extends LaneEndpoint> {
  readonly runtime: Runtime
  /** With a seed of at least one item, so that {@link count} tells a restored lane from an empty one. */
  readonly definition: ServiceDefinition<Lane>
  /** Folder that relative paths in the definition start from. */
  readonly root?: string
  /** Items in an untouched lane. */
  readonly seeded: number
  /** Adds one item, with a connection of its own, as a test would. */
  write(lane: Lane): Promise<void>
  count(lane: Lane): Promise<number>
  /** Removes or changes what the seed made. Absent: the service has no seeds. */
  damage?(lane: Lane): Promise<void>
  /** For services that look for programs of theirs, to save a lane with. */
  readonly programs?: NonNullable<ServiceContext['programs']>
  dispose?(): Promise<void>
}

export interface ServiceContractSettings {
  /** The most lanes that the service can have at once here. With one, what takes several is left out. Default: 48. */
  readonly lanes?: number
}

/** What every service does with its lanes, whatever it stores. One instance serves the whole suite. */
export function serviceContract<Lane extends LaneEndpoint>(
  name: string,
  make: () => Promise<ServiceFixture<Lane>>,
  { lanes: maximumLanes = 48 }: ServiceContractSettings = {},
): void {
  describe(`service contract: ${name}`, { timeout: 120_000 }, () => {
    let fixture: ServiceFixture<Lane>
    let context: ServiceContext
    let run: Run
    let credentials: Credentials
    let instance: Instance
    let session: ServiceSession<Lane>
    const signal = new AbortController().signal
    let numbers = 0
    const live = new Set<LaneId>()

    const nextLane = (): LaneId => {
      numbers += 1
      return { number: numbers, name: `lane-${numbers}` }
    }
    const newLane = async (): Promise<{ id: LaneId; lane: Lane }> => {
      const id = nextLane()
      const lane = await session.createLane(id)
      live.add(id)
      return { id, lane }
    }
    const dropLane = async (id: LaneId) => {
      live.delete(id)
      await session.dropLane(id)
    }
    const template = () => fixture.definition.service.template(fixture.definition.options, context)
    const start = async (password: string, from?: string): Promise<Instance> => {
      const { service, options } = fixture.definition
      const spec = service.spec(options, { ...context, credentials: { username: 'admin', password } })
      return fixture.runtime.start(structuredClone(spec), { signal, ...(from === undefined ? {} : { from }) })
    }

    beforeAll(async () => {
      fixture = await make()
      const { root = process.cwd(), programs } = fixture
      run = new Run(join(stateFolder(), 'runs'), root)
      const means = { temporaryFolder: () => makeTemporaryFolder(run), ...(programs ? { programs } : {}) }
      context = { name: 'subject', root, maximumLanes, report: silent, signal, ...means }
      credentials = { username: 'admin', password: randomPassword() }
      instance = await start(credentials.password)
      session = await fixture.definition.service.open(instance, fixture.definition.options, context)
      await session.prepare(await template())
    }, 300_000)

    afterEach(async () => {
      for (const id of live) await dropLane(id)
    })

    afterAll(async () => {
      await session?.[Symbol.asyncDispose]()
      await instance?.[Symbol.asyncDispose]()
      await fixture?.dispose?.()
      run?.end()
    })

    test('describes itself in plain data, the same twice, with no password in arguments', async () => {
      const { service, options } = fixture.definition
      const spec = service.spec(options, { ...context, credentials })
      expect(structuredClone(spec)).toEqual(spec)
      expect(service.spec(options, { ...context, credentials })).toEqual(spec)
      const { initialise, configure, serve } = spec.native ?? {}
      const given = [initialise, configure, serve].flatMap((command) => command?.arguments ?? [])
      expect(given.join(' ')).not.toMatch(/\{password\}/)
      expect(given.join(' ')).not.toContain(credentials.password)
    })

    test('names the template by its inputs: the same twice', async () => {
      const first = await template()
      expect(first.fingerprint).toMatch(/^[0-9a-f]{64}$/)
      expect(await template()).toEqual(first)
    })

    test('lanes begin with the seed', async () => {
      const { lane } = await newLane()
      expect(await fixture.count(lane)).toBe(fixture.seeded)
    })

    test('a lane is plain data, and so is its environment', async () => {
      const { lane } = await newLane()
      expect(structuredClone(lane)).toEqual(lane)
      const environment = fixture.definition.service.env(lane)
      for (const value of Object.values(environment)) expect(value).toBeTypeOf('string')
    })

    test('until it is leased, the same variables lead nowhere', async () => {
      const { lane } = await newLane()
      const { env, nowhere } = fixture.definition.service
      expect(Object.keys(env(nowhere)).sort()).toEqual(Object.keys(env(lane)).sort())
      expect(nowhere.url).toContain(nowhereHost)
    })

    test('a lane does not hold the administrator’s password', async () => {
      const { lane } = await newLane()
      expect(JSON.stringify(lane)).not.toContain(credentials.password)
    })

    if (maximumLanes > 1) {
      test('what is written in one lane is in no other', async () => {
        const lanes = await Promise.all([newLane(), newLane(), newLane()])
        const [writer, ...others] = lanes
        await fixture.write(writer?.lane as Lane)
        expect(await fixture.count(writer?.lane as Lane)).toBe(fixture.seeded + 1)
        for (const { lane } of others) expect(await fixture.count(lane)).toBe(fixture.seeded)
      })

      test('a reset while another lane is written to leaves that one alone', async () => {
        const [first, second] = await Promise.all([newLane(), newLane()])
        const writing = (async () => {
          for (let number = 0; number < 10; number += 1) await fixture.write(second.lane)
        })()
        for (let number = 0; number < 5; number += 1) {
          await fixture.write(first.lane)
          await session.resetLane(first.id, { connections: 'close' })
        }
        await writing
        expect(await fixture.count(first.lane)).toBe(fixture.seeded)
        expect(await fixture.count(second.lane)).toBe(fixture.seeded + 10)
      })

      test('lanes are made, reset and dropped side by side', async () => {
        const lanes = await Promise.all(Array.from({ length: Math.min(8, maximumLanes) }, newLane))
        await Promise.all(lanes.map(({ lane }) => fixture.write(lane)))
        await Promise.all(lanes.map(({ id }) => session.resetLane(id, { connections: 'close' })))
        for (const { lane } of lanes) expect(await fixture.count(lane)).toBe(fixture.seeded)
        await Promise.all(lanes.map(({ id }) => dropLane(id)))
      })
    }

    test('a reset brings back the template, at the same endpoint', async () => {
      const { id, lane } = await newLane()
      for (const connections of ['keep', 'close'] as const) {
        await fixture.write(lane)
        await fixture.write(lane)
        await session.resetLane(id, { connections })
        expect(await fixture.count(lane)).toBe(fixture.seeded)
      }
    })

    test('a reset brings back seeds that a test has damaged', async () => {
      if (!fixture.damage) return expect(fixture.seeded).toBe(0)
      const { id, lane } = await newLane()
      await fixture.damage(lane)
      await session.resetLane(id, { connections: 'close' })
      expect(await fixture.count(lane)).toBe(fixture.seeded)
    })

    test('a reset of an untouched lane changes nothing, and may be repeated', async () => {
      const { id, lane } = await newLane()
      await session.resetLane(id, { connections: 'keep' })
      await session.resetLane(id, { connections: 'close' })
      expect(await fixture.count(lane)).toBe(fixture.seeded)
    })

    test('a dropped lane is gone, its number can be used again, and starts clean', async () => {
      const { id, lane } = await newLane()
      await fixture.write(lane)
      await session.dropLane(id)
      await expect(session.resetLane(id, { connections: 'close' })).rejects.toThrow(/ISOLANE_/)
      const again = await session.createLane(id)
      expect(await fixture.count(again)).toBe(fixture.seeded)
    })

    test('the idle moment does no harm to lanes in use', async () => {
      const { id, lane } = await newLane()
      await fixture.write(lane)
      await session.idle?.()
      expect(await fixture.count(lane)).toBe(fixture.seeded + 1)
      await session.resetLane(id, { connections: 'keep' })
    })

    test('preparing again does nothing', async () => {
      const before = await newLane()
      await fixture.write(before.lane)
      await session.prepare(await template())
      expect(await fixture.count(before.lane)).toBe(fixture.seeded + 1)
      await dropLane(before.id)
      expect(await fixture.count((await newLane()).lane)).toBe(fixture.seeded)
    })

    test('errors do not hold passwords', async () => {
      const error = await session.resetLane(nextLane(), { connections: 'close' }).catch((reason: unknown) => reason)
      expect(String(error)).toMatch(/ISOLANE_/)
      expect(String(error)).not.toContain(credentials.password)
    })

    test('a saved template is found by a later instance, under other passwords', async () => {
      const wanted = await template()
      if (!instance.save) return expect(instance.startedFrom).toBeUndefined()
      expect(wanted.cacheable).toBe(true)
      const later = await start(randomPassword(), wanted.fingerprint)
      try {
        expect(later.startedFrom).toBe(wanted.fingerprint)
        const opened = await fixture.definition.service.open(later, fixture.definition.options, context)
        try {
          await opened.prepare(wanted)
          const id = nextLane()
          const lane = await opened.createLane(id)
          expect(await fixture.count(lane)).toBe(fixture.seeded)
          await fixture.write(lane)
          await opened.resetLane(id, { connections: 'keep' })
          expect(await fixture.count(lane)).toBe(fixture.seeded)
        } finally {
          await opened[Symbol.asyncDispose]()
        }
      } finally {
        await later[Symbol.asyncDispose]()
      }
    })

    snapshotContract(() => ({ fixture, session, password: credentials.password, newLane }), maximumLanes)

    test('an ended session may be ended again', async () => {
      await session[Symbol.asyncDispose]()
      await session[Symbol.asyncDispose]()
    })
  })
}

function randomPassword(): string {
  return crypto.randomUUID().replaceAll('-', '')
}
