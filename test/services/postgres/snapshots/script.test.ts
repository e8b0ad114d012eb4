import { expect, test } from 'vitest'
import { adaptScript } from '../../../../src/services/postgres/snapshots/script.ts'

const script = [
  '--',
  '-- PostgreSQL database dump',
  '',
  String.raw`\restrict abc`,
  'SET statement_timeout = 0;',
  'SET transaction_timeout = 0;',
  `SELECT pg_catalog.set_config('search_path', '', false);`,
  'ALTER TABLE public.item OWNER TO old;',
  'GRANT SELECT ON TABLE public.old TO "old";',
  'GRANT SELECT ON TABLE public.item TO older;',
  'COPY public.item (line) FROM stdin;',
  'SET transaction_timeout = 0;',
  'ALTER TABLE public.item OWNER TO old;',
  '\\.',
  'SET transaction_timeout = 0;',
  `COMMENT ON TABLE public.item IS 'ÄÖ old';`,
  'ALTER VIEW public.last OWNER TO old;',
]

const expected = script
  .map((line, at) => (at === 7 || at === 16 ? line.replace('old;', '"né""w";') : line))
  .map((line) =>
    line.startsWith('GRANT') && !line.includes('older') ? line.replaceAll(/"?old"?(?= TO|;)/g, '"né""w"') : line,
  )
  .filter((_line, at) => at !== 5)

async function adapt(text: string, size: number): Promise<string> {
  const bytes = Buffer.from(text)
  async function* pieces(): AsyncIterable<Uint8Array> {
    for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
  }
  const out: Uint8Array[] = []
  for await (const piece of adaptScript(pieces(), { roles: { from: 'old', to: 'né"w' } })) out.push(piece)
  return Buffer.concat(out).toString()
}

test.each([1, 7, 64, 100_000])('names the new owner, leaves rows alone, however it is cut (%i bytes)', async (size) => {
  expect(await adapt(`${script.join('\n')}\n`, size)).toBe(`${expected.join('\n')}\n`)
  expect(await adapt('SELECT 1;', size)).toBe('SELECT 1;')
})
