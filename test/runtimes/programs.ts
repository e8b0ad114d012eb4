import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { Instance, InstanceCommand, ProgramResult } from '../../src/core/contracts.ts'
import { long } from '../long.ts'

const password = 'a-secret-for-programs'

/** What programs beside a server do in every runtime. The server has `sh` beside it, and a port `main`. */
export function programTests(start: () => Promise<Instance>, portInside: (instance: Instance) => number): void {
  const run = async (script: string, more: Partial<InstanceCommand> = {}, instance?: Instance) =>
    (instance ?? (await start())).run?.({ program: 'sh', arguments: ['-c', script], ...more })

  test('knows where its server is, and gets secrets from its environment', async () => {
    const instance = await start()
    const output = text()
    const environment = { SECRET: password, AT: '{host}:{port.main}' }
    const arguments_ = ['-c', 'echo "$1 $SECRET $AT"', 'sh', '{host}:{port.main} {port.other} {data}']
    expect(await instance.run?.({ program: 'sh', arguments: arguments_, environment, ...output.into })).toEqual({
      exitCode: 0,
      errors: '',
    })
    const at = `127.0.0.1:${portInside(instance)}`
    expect(output.all()).toBe(`${at} {port.other} {data} ${password} ${at}\n`)
  })

  test('its exit code and the last of its errors are told, without the password', async () => {
    const instance = await start()
    const secret = instance.endpoint.credentials.password
    const script = `i=0; while [ $i -lt 2000 ]; do echo line $i >&2; i=$((i+1)); done; echo "$SECRET ü" >&2; exit 3`
    const result = (await run(script, { environment: { SECRET: secret } }, instance)) as ProgramResult
    expect(result.exitCode).toBe(3)
    expect(result.errors).toMatch(/line 1999\n••• ü$/)
    expect(result.errors).not.toContain('line 1000\n')
  })

  test('input and output of any size pass unchanged, each waiting for the other', async () => {
    const input = Array.from({ length: 128 }, (_, index) => Buffer.alloc(65_521, index))
    const taken = createHash('sha256')
    const output = async (piece: Uint8Array) => {
      await new Promise(setImmediate)
      taken.update(piece)
    }
    expect(await run('cat', { input: each(input), output })).toEqual({ exitCode: 0, errors: '' })
    expect(taken.digest('hex')).toBe(createHash('sha256').update(Buffer.concat(input)).digest('hex'))
  })

  test('an input that is damaged says so, also to a program that did not want all of it', async () => {
    async function* input() {
      for (let piece = 0; piece < 32; piece += 1) yield Buffer.alloc(65_536)
      throw new Error('damaged')
    }
    await expect(run('exit 0', { input: input() })).rejects.toThrow('damaged')
    await expect(run('cat >/dev/null', { input: input() })).rejects.toThrow('damaged')
  })

  test('a program whose output is not wanted any more is ended', async () => {
    const output = () => Promise.reject(new Error('disk full'))
    await expect(run('while :; do echo more; done', { output })).rejects.toThrow('disk full')
  })

  test('is ended when it is called off', async () => {
    const instance = await start()
    const controller = new AbortController()
    let seen = ''
    const output = async () => {
      seen = await running(instance)
      controller.abort(new Error('enough'))
      await new Promise(() => {})
    }
    const script = 'echo begun; while :; do sleep 0.1; done'
    await expect(run(script, { output, signal: controller.signal }, instance)).rejects.toThrow('enough')
    expect(seen).toContain('echo begun')
    expect(await running(instance)).toBe('')
  })

  test.skipIf(long)(`is killed with its server when it does not want to end${long}`, async () => {
    const instance = await start()
    const output = async () => {
      void instance[Symbol.asyncDispose]()
      await new Promise(() => {})
    }
    const script = 'trap "" TERM; echo begun; while :; do sleep 0.1; done'
    await expect(run(script, { output }, instance)).rejects.toThrow('the server was stopped')
  })

  test('one that is called off before it begins never runs', async () => {
    const signal = AbortSignal.abort(new Error('enough'))
    const output = () => Promise.reject(new Error('it ran'))
    await expect(run('echo', { signal, output })).rejects.toThrow('enough')
  })

  /** The loops that still run beside the server. */
  async function running(instance: Instance): Promise<string> {
    const output = text()
    const script = 'for file in /proc/[0-9]*/cmdline; do tr "\\0" " " <$file; echo; done | grep "echo begu[n]"'
    await run(script, output.into, instance)
    return output.all()
  }
}

function text(): { into: Pick<InstanceCommand, 'output'>; all(): string } {
  const pieces: Uint8Array[] = []
  return { into: { output: async (piece) => void pieces.push(piece) }, all: () => Buffer.concat(pieces).toString() }
}

async function* each(pieces: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces
}
