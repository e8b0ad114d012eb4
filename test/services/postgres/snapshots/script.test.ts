import { expect, test } from 'vitest'
import { adaptScript } from '../../../../src/services/postgres/snapshots/script.ts'

/** `§` stands for the old owner where a role is named; whatever else is called so stays. */
const script = String.raw`--
-- PostgreSQL database dump

\restrict abc
SET statement_timeout = 0;
SET transaction_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
CREATE SCHEMA old;
ALTER SCHEMA old OWNER TO §;
ALTER TABLE old.item OWNER TO §;
ALTER TABLE public.it OWNER TO older;
GRANT SELECT ON TABLE public.old TO "§";
GRANT SELECT(old),INSERT(old) ON TABLE old.item TO § WITH GRANT OPTION;
GRANT SELECT ON TABLE old.item TO older;
REVOKE ALL ON SCHEMA old FROM §;
SET SESSION AUTHORIZATION §;
ALTER DEFAULT PRIVILEGES FOR ROLE § IN SCHEMA old GRANT ALL ON TABLES TO PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE § IN SCHEMA old REVOKE ALL ON TABLES FROM §;
CREATE USER MAPPING FOR § SERVER old OPTIONS (
    "user" 'old'
);
CREATE POLICY old ON old.item USING ((owner = 'old'::text));
CREATE POLICY old ON old.item AS RESTRICTIVE FOR SELECT TO first, §, "la"";st" USING ((current_setting('old.tenant'::text) = 'TO old USING'::text)) WITH CHECK ((old.f() = '
ALTER TABLE old.item OWNER TO old;
'));
CREATE POLICY "TO old" ON public.old TO §;
CREATE FUNCTION old.f() RETURNS void LANGUAGE sql
    AS $_$
ALTER TABLE old.item OWNER TO old;
COPY old.item FROM stdin;
GRANT ALL ON TABLE it's TO old;
$_$;
COMMENT ON SCHEMA old IS 'first
GRANT ALL ON TABLE it''s TO old;
COPY old.item FROM stdin;
';
CREATE TABLE "a
ALTER TABLE b OWNER TO old;
$$" (c$d$ int);
ALTER TABLE "a
ALTER TABLE b OWNER TO old;
$$" OWNER TO §;
COPY old.item (line) FROM stdin;
SET transaction_timeout = 0;
it's "
ALTER TABLE public.item OWNER TO old;
\.
SET transaction_timeout = 0;
COMMENT ON TABLE public.item IS 'ÄÖ old';
ALTER VIEW public.last OWNER TO §;
`

const [input, expected] = [
  script.replaceAll('§', 'old'),
  script.replace('SET transaction_timeout = 0;\n', '').replaceAll(/"§"|§/g, '"né""w"'),
]

async function adapt(text: string, size: number): Promise<string> {
  const bytes = Buffer.from(text)
  async function* pieces(): AsyncIterable<Uint8Array> {
    for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
  }
  const out: Uint8Array[] = []
  for await (const piece of adaptScript(pieces(), { roles: [{ from: 'old', to: 'né"w' }] })) out.push(piece)
  return Buffer.concat(out).toString()
}

test.each([1, 7, 64, 100_000])(
  'names the new owner where a role is named, however it is cut (%i bytes)',
  async (size) => {
    expect(await adapt(input, size)).toBe(expected)
    expect(await adapt('SELECT 1;', size)).toBe('SELECT 1;')
  },
)
