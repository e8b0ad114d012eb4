import { expect, test } from 'vitest'
import { storeFrames } from '../../../../src/services/neo4j/snapshots/store-frames.ts'

const file = (path: string, content: string) => `${JSON.stringify({ path, size: content.length })}\n${content}`
const good = `${file('databases/neostore', 'one\n{"files":9}\n')}${file('transactions/checkpoint.0', '')}{"files":2}\n`

/** What comes through of `text`, given in pieces of a length. */
async function through(text: string, length: number): Promise<string> {
  const whole = Buffer.from(text)
  async function* pieces() {
    for (let at = 0; at < whole.length; at += length) yield whole.subarray(at, at + length)
  }
  const out: Uint8Array[] = []
  for await (const piece of storeFrames(pieces(), (why) => new Error(why))) out.push(piece)
  return Buffer.concat(out).toString()
}

test('a store passes as it is, however it is cut into pieces', async () => {
  for (const length of [1, 2, 7, 64, 10_000]) expect(await through(good, length)).toBe(good)
})

test('what does not end, ends twice, or is none is refused', async () => {
  for (let end = 0; end < good.length; end++)
    await expect(through(good.slice(0, end), 50)).rejects.toThrow('ends too early')
  await expect(through(`${good}{}\n`, 50)).rejects.toThrow('behind its end')
  await expect(through(good.replace('{"files":2}', '{"files":3}'), 50)).rejects.toThrow('2 files instead of 3')
  await expect(through('null\n', 50)).rejects.toThrow('no copy')
  await expect(through('x'.repeat(10_000), 50)).rejects.toThrow('without an end')
  await expect(through('{"path":"databases/a","size":-1}\n', 50)).rejects.toThrow('no copy')
})

test('the last line comes only when the source has ended well', async () => {
  async function* source() {
    yield Buffer.from(good)
    throw new Error('the checksum is another')
  }
  let seen = ''
  const reading = (async () => {
    for await (const piece of storeFrames(source(), (why) => new Error(why))) seen += Buffer.from(piece).toString()
  })()
  await expect(reading).rejects.toThrow('the checksum is another')
  expect(seen).toBe(good.slice(0, -'{"files":2}\n'.length))
})

test.each([
  '/etc/passwd',
  'databases/../../x',
  'databases/./x',
  'databases//x',
  'databases\\..\\x',
  'C:/x',
  'databases',
  'databases/',
  'databases/-x',
  'databases/.hidden',
  'other/neostore',
  'databases/a\u0000',
  'databases/a\nb',
])('a file at %j is refused', async (path) => {
  await expect(through(`${file(path, 'x')}{"files":1}\n`, 50)).rejects.toThrow('where none belongs')
})
