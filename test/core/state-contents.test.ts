import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import type { StateReader, StateWriter } from '../../src/core/contracts.ts'
import { changesBetween, contentsFile, StateContents, shortDigest } from '../../src/core/state-contents.ts'

/** What was written, to be read in pieces that end anywhere. */
class Memory implements StateWriter, StateReader {
  readonly files = new Map<string, Buffer>()

  async write(name: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<void> {
    const pieces: Uint8Array[] = []
    for await (const piece of content) pieces.push(piece)
    this.files.set(name, Buffer.concat(pieces))
  }

  async *read(name: string): AsyncIterable<Uint8Array> {
    const content = this.files.get(name) ?? Buffer.alloc(0)
    const size = Math.max(7, content.length >> 8)
    for (let start = 0; start < content.length; start += size) yield content.subarray(start, start + size)
  }

  get text(): string {
    return this.files.get(contentsFile)?.toString() ?? ''
  }
}

type Rows = Readonly<Record<string, readonly (readonly [key: string, value: string])[]>>

function contentsOf(groups: Rows): StateContents {
  const contents = new StateContents()
  for (const [group, rows] of Object.entries(groups)) {
    contents.addGroup(group)
    for (const [key, value] of rows) contents.add(group, shortDigest(key), shortDigest(value))
  }
  return contents
}

async function written(groups: Rows): Promise<Memory> {
  const memory = new Memory()
  await contentsOf(groups).write(memory)
  return memory
}

const changes = async (before: Rows, after: Rows) => changesBetween(await written(before), await written(after))

test('a line tells digests of key and value, and the group, whatever it is called', async () => {
  const group = 'a "quoted"\n table, ø'
  const { text } = await written({ [group]: [['1', 'one']] })
  expect(text).toBe(`${shortDigest('1')} ${shortDigest('one')} ${JSON.stringify(group)}\n`)
})

test('equal contents have equal digests in whatever order, which anybody can compute from the lines', async () => {
  const rows = Array.from({ length: 1_000 }, (_, index) => [`${index}`, `value ${index % 7}`] as const)
  const { counts, digests } = contentsOf({ t: rows }).summary()
  expect(counts).toEqual({ t: 1_000 })
  expect(contentsOf({ t: rows.toReversed() }).summary().digests).toEqual(digests)
  const lines = (await written({ t: rows })).text.trimEnd().split('\n')
  const sorted = lines.map((line) => `${line.slice(0, 33)}\n`).sort()
  expect(digests.t).toBe(createHash('sha256').update(sorted.join('')).digest('hex'))
})

test('values that change places are a change', () => {
  const digest = (rows: Rows[string]) => contentsOf({ t: rows }).summary().digests.t
  const straight = digest([['1', 'a'], ['2', 'b']]) // biome-ignore format: side by side
  const crossed = digest([['1', 'b'], ['2', 'a']]) // biome-ignore format: side by side
  expect(crossed).not.toBe(straight)
})

test('tells added, removed and changed entries by group, and leaves out what is the same', async () => {
  const before = { same: [['1', 'a']], rows: [['1', 'a'], ['2', 'b'], ['3', 'c']], gone: [['1', 'x']] } as const // biome-ignore format: a table
  const after = { same: [['1', 'a']], rows: [['3', 'c'], ['2', 'B'], ['4', 'd'], ['5', 'e']], come: [['1', 'x']] } as const // biome-ignore format: a table
  expect(await changes(before, after)).toEqual([
    { group: 'come', before: 0, after: 1, added: 1, removed: 0, changed: 0 },
    { group: 'gone', before: 1, after: 0, added: 0, removed: 1, changed: 0 },
    { group: 'rows', before: 3, after: 4, added: 2, removed: 1, changed: 1 },
  ])
})

test('entries that share a key are compared as a bag', async () => {
  const bag = (...values: string[]): Rows => ({ log: values.map((value) => ['', value] as const) })
  expect(await changes(bag('a', 'a', 'b'), bag('b', 'a', 'a'))).toEqual([])
  expect(await changes(bag('a', 'a', 'b'), bag('a', 'b', 'c', 'd'))).toEqual([
    { group: 'log', before: 3, after: 4, added: 1, removed: 0, changed: 1 },
  ])
})

test('many entries of one key are compared in order, not each with each', async () => {
  const rows = (step: number): Rows => ({
    log: Array.from({ length: 40_000 }, (_, index) => ['', `${index * step}`] as const),
  })
  expect(await changes(rows(1), rows(2))).toMatchObject([{ changed: 20_000 }])
})

test('groups without entries are counted', async () => {
  expect(contentsOf({ empty: [] }).summary().counts).toEqual({ empty: 0 })
  expect(await changes({ empty: [] }, { empty: [], none: [] })).toEqual([])
})
