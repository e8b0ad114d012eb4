import { expect, test } from 'vitest'
import { Pipe } from '../../../../src/services/postgres/snapshots/pipe.ts'

async function pushOn(pipe: Pipe): Promise<never> {
  for (;;) await pipe.push(new Uint8Array(100_000))
}

test('who writes is told when the pipe fails, also while waiting for the reader', async () => {
  const pipe = new Pipe()
  const told = expect(pushOn(pipe)).rejects.toThrow('no reader')
  setImmediate(() => pipe.fail(new Error('no reader')))
  await told
  await expect(pipe.push(new Uint8Array(1))).rejects.toThrow()
})

test('who writes is told when the reader leaves', async () => {
  const pipe = new Pipe()
  const told = expect(pushOn(pipe)).rejects.toThrow()
  for await (const _piece of pipe.pieces) break
  await told
})
