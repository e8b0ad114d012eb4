/** Names under which programs look for their Postgres database. */

export type StandardVariable = 'DATABASE_URL' | 'PGHOST' | 'PGPORT' | 'PGUSER' | 'PGPASSWORD' | 'PGDATABASE'

const parts: readonly (readonly [RegExp, StandardVariable])[] = [
  [/_?(HOST|HOSTNAME)$/, 'PGHOST'],
  [/_?PORT$/, 'PGPORT'],
  [/_?(USER|USERNAME)$/, 'PGUSER'],
  [/_?(PASS|PASSWORD)$/, 'PGPASSWORD'],
  [/_?(NAME|DB|DATABASE)$/, 'PGDATABASE'],
]

/** Whose value a variable of this name takes: `DB_HOST` is what `PGHOST` is. */
export function standardFor(name: string): StandardVariable | undefined {
  const bare = name.replace(/^TEST_|_TEST$/g, '')
  if (bare === 'DATABASE_URL' || /(URL|URI|DSN|CONNECTION_STRING)$/.test(bare)) return 'DATABASE_URL'
  if (!/^(DB|DATABASE|POSTGRES|POSTGRESQL|PG|TYPEORM|SQL)[_A-Z]/.test(bare)) return undefined
  return parts.find(([pattern]) => pattern.test(bare))?.[1]
}

/** Whether a lane sets the variable without being told to. */
export function isStandard(name: string): boolean {
  return name === 'DATABASE_URL' || /^PG(HOST|PORT|USER|PASSWORD|DATABASE)$/.test(name)
}

/** `DB_HOST` and the like make sense only together: without a host they are some container's settings. */
export function isPartOf(name: string, all: readonly string[]): boolean {
  const standard = standardFor(name)
  if (standard === undefined || standard === 'DATABASE_URL' || isStandard(name)) return false
  const stem = name.replace(parts.find(([, target]) => target === standard)?.[0] ?? '', '')
  return all.some((other) => standardFor(other) === 'PGHOST' && other.startsWith(stem))
}
