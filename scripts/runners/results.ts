/** What the matrix of runners came to. */
export interface MatrixResults {
  readonly measuredAt: string
  readonly node: string
  readonly platform: string
  readonly results: readonly MatrixResult[]
}

export interface MatrixResult {
  /** `Vitest` or `Jest`. */
  readonly runner: string
  readonly version: string
  /** `forks, isolate on`. */
  readonly settings: string
  /** `run`, `projects`, `--shard` or `watch`. */
  readonly way: string
  readonly passed: boolean
  readonly seconds: number
}

interface Reported {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly status: string
      readonly ancestorTitles: readonly string[]
      readonly title: string
      readonly duration?: number
    }[]
  }[]
}

/**
 * From the JSON that Vitest leaves of `test/matrix`: a suite for each version, a test for each combination. Newer versions
 * come first.
 */
export function resultsOf(report: unknown): MatrixResult[] {
  const results = (report as Reported).testResults.flatMap(({ assertionResults }) =>
    assertionResults.flatMap(({ status, ancestorTitles: [title = ''], title: combination, duration = 0 }) => {
      const [runner = '', version = ''] = title.split(' ')
      const [settings = '', way] = combination.split(' | ')
      if (way === undefined || status === 'skipped' || status === 'pending') return []
      return [{ runner, version, settings, way, passed: status === 'passed', seconds: Math.round(duration / 100) / 10 }]
    }),
  )
  return results.sort(
    (left, right) =>
      right.runner.localeCompare(left.runner) ||
      right.version.localeCompare(left.version, undefined, { numeric: true }),
  )
}
