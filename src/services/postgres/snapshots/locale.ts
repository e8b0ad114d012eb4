import type { StateSummary } from '../../../core/contracts.ts'
import type { Client } from '../client.ts'
import { literal } from '../sql.ts'

/** How a database sorts text, and what it takes for letters; texts that it has none of are absent. */
export interface Locale {
  readonly collation?: string
  readonly ctype?: string
  /** `libc`, `icu`, `builtin`. */
  readonly provider?: string
  /** The provider's own name for it. */
  readonly locale?: string
}

/** @param database such as the connected one */
export async function readLocale(client: Client, major: number, database: string): Promise<Locale> {
  const provider = major < 15 ? `'c'` : 'd.datlocprovider'
  const { rows } = await client.query<Record<keyof Locale, string | null>>(
    `SELECT d.datcollate AS collation, d.datctype AS ctype,
       CASE ${provider} WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END AS provider,
       ${localeColumn(major)} AS locale
     FROM pg_database d WHERE d.datname = $1`,
    [database],
  )
  return Object.fromEntries(Object.entries(rows[0] ?? {}).filter(([, text]) => text !== null))
}

export function localeOf({ details }: StateSummary): Locale {
  const names = ['collation', 'ctype', 'provider', 'locale'] as const
  return Object.fromEntries(names.flatMap((name) => (details[name] === undefined ? [] : [[name, details[name]]])))
}

/** For people. */
export function describeLocale({ collation, ctype, provider, locale }: Locale): string {
  const own = locale === undefined ? '' : ` ${locale}`
  return `${provider ?? 'libc'}${own} (LC_COLLATE ${collation ?? 'unknown'}, LC_CTYPE ${ctype ?? 'unknown'})`
}

/** What follows `CREATE DATABASE … TEMPLATE template0`. */
export function localeClause({ collation, ctype, provider, locale }: Locale, major: number): string {
  const clauses = []
  if (provider !== undefined && major >= 15) clauses.push(`LOCALE_PROVIDER ${literal(provider)}`)
  if (collation !== undefined) clauses.push(`LC_COLLATE ${literal(collation)}`)
  if (ctype !== undefined) clauses.push(`LC_CTYPE ${literal(ctype)}`)
  if (locale !== undefined) clauses.push(`${provider === 'icu' ? 'ICU_LOCALE' : 'BUILTIN_LOCALE'} ${literal(locale)}`)
  return clauses.join(' ')
}

/** What a server says of a locale that it has not: no such name, not with this encoding, not built in. */
export const localeStates: readonly string[] = ['42809', '22023', '0A000']

function localeColumn(major: number): string {
  if (major < 15) return 'NULL'
  return major < 17 ? 'd.daticulocale' : 'd.datlocale'
}
