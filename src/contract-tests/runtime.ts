import { existsSync } from 'node:fs'
import { connect } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Endpoint, Instance, InstanceCommand, InstanceSpec, Runtime } from '../core/contracts.ts'

/** An instance started by another process, which can be killed together with all it knows. */
export interface Elsewhere {
  readonly endpoint: Endpoint
  /** SIGKILL for the owner, not for the server. Settles when the owner is gone. */
  killOwner(): Promise<void>
}

/** What the suite needs to know of a runtime and one service that it can run. */
export interface RuntimeFixture {
  readonly runtime: Runtime
  /** A server that starts. Called for each one, so that no two share credentials. */
  spec(): InstanceSpec
  /** The same server, made so that its start fails and its output then matches `output`. */
  readonly failing: { readonly spec: InstanceSpec; readonly output: RegExp }
  /** Ends the server behind the runtime's back. */
  kill(instance: Instance): void
  /** Writes something that `read` finds again. Absent: the service keeps no state. */
  readonly state?: { write(instance: Instance): Promise<unknown>; read(instance: Instance): Promise<unknown> }
  /** A program beside the server that says something and ends. Absent: its instances run no programs. */
  readonly program?: { readonly command: InstanceCommand; readonly output: RegExp }
  /** Starts an instance that the same runtime's sweep will find. */
  startElsewhere(): Promise<Elsewhere>
  dispose?(): Promise<void>
}

/** What every {@link Runtime} does, whatever it runs. */
export function runtimeContract(name: string, make: () => Promise<RuntimeFixture>): void {
  describe(`runtime contract: ${name}`, () => {
    let fixture: RuntimeFixture
    let started: Instance[] = []
    const signal = new AbortController().signal

    const start = async (from?: string): Promise<Instance> => {
      const instance = await fixture.runtime.start(fixture.spec(), { signal, ...(from ? { from } : {}) })
      started.push(instance)
      return instance
    }

    beforeEach(async () => {
      fixture = await make()
    })

    afterEach(async () => {
      await Promise.all(started.map((instance) => instance[Symbol.asyncDispose]()))
      started = []
      await fixture.dispose?.()
    })

    test('says that it can work here', async () => {
      expect(await fixture.runtime.probe()).toEqual({ ok: true })
    })

    test('a started instance answers on every port of its endpoint, which is plain data', async () => {
      const instance = await start()
      expect(Object.keys(instance.endpoint.ports)).toEqual(Object.keys(fixture.spec().ports))
      expect(await openPorts(instance.endpoint)).toEqual(Object.values(instance.endpoint.ports))
      expect(structuredClone(instance.endpoint)).toEqual(instance.endpoint)
      expect(instance.origin).not.toBe('')
    })

    test('instances side by side share no port', async () => {
      const instances = await Promise.all([start(), start(), start()])
      const ports = instances.flatMap(({ endpoint }) => Object.values(endpoint.ports))
      expect(new Set(ports).size).toBe(ports.length)
    })

    test('dispose leaves no port and no folder, and may be called twice', async () => {
      const instance = await start()
      const { endpoint } = instance
      await Promise.all([instance[Symbol.asyncDispose](), instance[Symbol.asyncDispose]()])
      await instance[Symbol.asyncDispose]()
      expect(await openPorts(endpoint)).toEqual([])
      expect(endpoint.privateFolder !== undefined && existsSync(endpoint.privateFolder)).toBe(false)
      if (instance.pid !== undefined) expect(isRunning(instance.pid)).toBe(false)
    })

    test('a port asked for is the port used; when it is taken the error says so', async () => {
      const first = await start()
      const spec = { ...fixture.spec(), ports: first.endpoint.ports }
      await expect(fixture.runtime.start(spec, { signal })).rejects.toMatchObject({ code: 'ISOLANE_PORT_TAKEN' })
      await first[Symbol.asyncDispose]()
      const second = await fixture.runtime.start(spec, { signal })
      started.push(second)
      expect(second.endpoint.ports).toEqual(first.endpoint.ports)
    })

    test('a start that is called off before it begins, or right after, leaves nothing', async () => {
      const controller = new AbortController()
      const begun = fixture.runtime.start(fixture.spec(), { signal: controller.signal })
      setImmediate(() => controller.abort(new Error('enough')))
      await expect(begun).rejects.toMatchObject({ code: 'ISOLANE_ABORTED' })
      const again = fixture.runtime.start(fixture.spec(), { signal: controller.signal })
      await expect(again).rejects.toMatchObject({ code: 'ISOLANE_ABORTED' })
      expect(await fixture.runtime.sweep({ dry: true })).toEqual([])
    })

    test('a failed start quotes what the server wrote, and no password', async () => {
      const { spec, output } = fixture.failing
      const error = await fixture.runtime.start(spec, { signal }).then(
        () => undefined,
        (reason: unknown) => reason,
      )
      expect(error).toMatchObject({ code: 'ISOLANE_START_FAILED', output: expect.stringMatching(output) })
      expect(String(error)).not.toContain(spec.credentials.password)
    })

    test('tells when the server ends without having been asked to', async () => {
      const instance = await start()
      fixture.kill(instance)
      expect(await instance.ended).toMatch(/SIGKILL|137/)
      expect(await instance.logs()).toBeTypeOf('string')
    })

    test('a saved state is where a later instance begins; the server stays usable', async () => {
      const { state } = fixture
      // A service that keeps no state must not look as if it did.
      if (!state) return expect((await start()).save).toBeUndefined()
      const key = `contract-${name}-${Date.now()}`
      const first = await start()
      const written = await state.write(first)
      await first.save?.(key)
      expect(await state.read(first)).toEqual(written)
      const second = await start(key)
      expect(second.startedFrom).toBe(key)
      expect(await state.read(second)).toEqual(written)
      const unknown = await start(`${key}-unknown`)
      expect(unknown.startedFrom).toBeUndefined()
    })

    test('several runs may save one key at the same time', async () => {
      const { state } = fixture
      // A service that keeps no state must not look as if it did.
      if (!state) return expect((await start()).save).toBeUndefined()
      const key = `contract-twice-${name}-${Date.now()}`
      const [first, second] = await Promise.all([start(), start()])
      await Promise.all([state.write(first), state.write(second)])
      await Promise.all([first.save?.(key), second.save?.(key)])
      expect((await start(key)).startedFrom).toBe(key)
    })

    test('runs a program beside its server; there may be none of that name', async () => {
      const { program } = fixture
      const instance = await start()
      if (!program) return expect(instance.run).toBeUndefined()
      const pieces: Uint8Array[] = []
      const output = async (piece: Uint8Array) => void pieces.push(piece)
      expect(await instance.run?.({ ...program.command, output })).toEqual({ exitCode: 0, errors: '' })
      expect(Buffer.concat(pieces).toString()).toMatch(program.output)
      expect(await instance.run?.({ program: 'no-such-program', arguments: [] })).toBeUndefined()
    })

    test('sweep removes what a killed run left, and nothing of a living one', async () => {
      const living = await start()
      const { endpoint, killOwner } = await fixture.startElsewhere()
      expect(await fixture.runtime.sweep()).toEqual([])
      expect(await openPorts(endpoint)).toEqual(Object.values(endpoint.ports))
      await killOwner()
      const told = await fixture.runtime.sweep({ dry: true })
      expect(told.length).toBeGreaterThan(0)
      expect(told.every(({ removed }) => !removed)).toBe(true)
      const swept = await Promise.all([fixture.runtime.sweep(), fixture.runtime.sweep()])
      expect(swept.flat().filter(({ removed }) => !removed)).toEqual([])
      expect(await openPorts(endpoint)).toEqual([])
      expect(endpoint.privateFolder !== undefined && existsSync(endpoint.privateFolder)).toBe(false)
      expect(await fixture.runtime.sweep()).toEqual([])
      expect(await openPorts(living.endpoint)).toEqual(Object.values(living.endpoint.ports))
    })
  })
}

/** The ports of an endpoint that accept connections. */
export async function openPorts({ host, ports }: Endpoint): Promise<number[]> {
  const open = await Promise.all(Object.values(ports).map(async (port) => ((await accepts(host, port)) ? [port] : [])))
  return open.flat()
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
