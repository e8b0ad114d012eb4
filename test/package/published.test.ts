/** The tarball as those who install it get it, judged by the tools that know what breaks for them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { entries, root } from '../../scripts/package/manifest.ts'
import { pack } from '../../scripts/package/pack.ts'

const folder = mkdtempSync(join(tmpdir(), 'isolane-published-'))
let tarball: string

beforeAll(async () => {
  tarball = (await pack(folder)).file
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('publint finds nothing', async () => {
  const bytes = new Uint8Array(readFileSync(tarball)).buffer
  const { messages, pkg } = await publint({ pack: { tarball: bytes } })
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([])
})

interface TypesProblem {
  readonly kind: string
  readonly entrypoint?: string
}

/** `require` of an ES module works in every Node that the package runs on; TypeScript older than 5.8 does not know. */
function isKnown({ kind, entrypoint }: TypesProblem): boolean {
  const isModule = entries.some(({ subpath, file }) => subpath === entrypoint && file.endsWith('.js'))
  return kind === 'CJSResolvesToESM' && isModule
}

test('every entry has its types: from ES modules, from CommonJS, for bundlers and for the old node10', async () => {
  const report = join(folder, 'types.json')
  await using output = await open(report, 'w')
  // Straight into a file: it exits before a pipe has taken all of it.
  const stdout = output.createWriteStream({ autoClose: false })
  await execa('attw', [tarball, '--format', 'json'], { cwd: root, preferLocal: true, reject: false, stdout })
  const { analysis } = JSON.parse(readFileSync(report, 'utf8')) as {
    analysis: { entrypoints: Readonly<Record<string, unknown>>; problems: readonly TypesProblem[] }
  }
  expect(Object.keys(analysis.entrypoints)).toEqual(expect.arrayContaining(entries.map(({ subpath }) => subpath)))
  expect(analysis.problems.filter((problem) => !isKnown(problem))).toEqual([])
})
