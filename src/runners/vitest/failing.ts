/** What Vitest 3, 4 and 5 have in common of a test, a suite, or a file. */
export interface RunTask {
  readonly name: string
  readonly suite?: RunTask | undefined
  readonly fails?: boolean | undefined
  readonly retry?: number | { readonly count?: number; readonly condition?: unknown } | undefined
  readonly result?: { readonly state?: string; readonly retryCount?: number | undefined } | undefined
}

/** Whether what has just failed may still pass; a test marked as failing passes by it. Conditions for retries are not asked. */
export function hasAttemptsLeft({ fails, retry, result }: RunTask): boolean {
  if (fails) return true
  const count = typeof retry === 'object' ? (retry.condition ? 0 : retry.count) : retry
  return (result?.retryCount ?? 0) < (count ?? 0)
}

/** `suite > test`. */
export function nameOf({ suite, name }: RunTask): string {
  return suite?.name ? `${nameOf(suite)} > ${name}` : name
}
