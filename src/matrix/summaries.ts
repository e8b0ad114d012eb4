/** How test runners sum up what they ran: the forms of Vitest, Jest, Mocha, node:test, pytest and Playwright. */

/** Numbers of tests. Tests that are to be written count as skipped. */
export interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

/** Reads the summary that ends on a line. */
type Summary = (lines: readonly string[], end: number) => Counts | undefined

const outcomeOfWord: Readonly<Record<string, keyof Counts>> = {
  passed: 'passed',
  passing: 'passed',
  pass: 'passed',
  xpassed: 'passed',
  flaky: 'passed',
  'expected fail': 'passed',
  failed: 'failed',
  failing: 'failed',
  fail: 'failed',
  cancelled: 'failed',
  interrupted: 'failed',
  error: 'failed',
  errors: 'failed',
  skipped: 'skipped',
  pending: 'skipped',
  todo: 'skipped',
  xfailed: 'skipped',
  'did not run': 'skipped',
}

/** `Tests  1 failed | 3 passed (4)`, `Tests  no tests`. */
const vitest: Summary = (lines, end) => {
  const [, counts] = /^\s*Tests\s{2,}(no tests|\d.*) ?(?:\(\d+\))?$/.exec(lines[end] ?? '') ?? []
  return counts === undefined ? undefined : sum(counts.split('|'))
}

/** `Tests:       1 failed, 3 passed, 4 total`. */
const jest: Summary = (lines, end) => {
  const [, counts] = /^Tests:\s+(\d.* total)$/.exec(lines[end] ?? '') ?? []
  return counts === undefined ? undefined : sum(counts.split(','))
}

/** `=== 1 failed, 3 passed in 0.12s ===`, and the same without the lines around it. */
const pytest: Summary = (lines, end) => {
  const [, counts] = /^(?:=+ )?(no tests ran|\d+ [a-z]+(?:, \d+ [a-z]+)*) in [\d.]+s\b.*$/.exec(lines[end] ?? '') ?? []
  return counts === undefined ? undefined : sum(counts.split(','))
}

/** `ℹ pass 3` or `# pass 3`, `fail`, `cancelled`, `skipped`, `todo`: a line for each, the last of them before the duration. */
const nodeTest: Summary = (lines, end) =>
  /^(?:ℹ|#) todo \d+$/.test(lines[end] ?? '')
    ? sum(lines.slice(Math.max(0, end - 4), end + 1).map((line) => line.replace(/^. (\w+) (\d+)$/, '$2 $1')))
    : undefined

/** `  3 passing (12ms)`, then what is pending and failing, if anything. */
const mocha: Summary = (lines, end) =>
  /^ {2}\d+ passing \([^)]+\)$/.test(lines[end] ?? '') ? sum(lines.slice(end, end + 3)) : undefined

/** `  1 failed`, with the tests' names below it, indented more; at the end `  3 passed (1.2s)`. */
const playwright: Summary = (lines, end) => {
  const isCount = (line: string) =>
    /^ {2}\d+ (?:failed|interrupted|flaky|skipped|did not run|passed \(.+\))$/.test(line)
  if (!isCount(lines[end] ?? '')) return undefined
  const counts: string[] = []
  for (let index = end; index >= 0; index -= 1) {
    const line = lines[index] ?? ''
    if (isCount(line)) counts.push(line)
    else if (!line.startsWith('    ')) break
  }
  return sum(counts)
}

export const summaries: readonly Summary[] = [vitest, jest, pytest, nodeTest, mocha, playwright]

/** Of `3 passed` and the like; what is neither of a test nor of an outcome (`7 total`, `2 warnings`) is passed over. */
function sum(parts: readonly string[]): Counts {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  for (const part of parts) {
    const [, number, word = ''] = /^\s*(\d+) (.*?)(?: \(.*\))?\s*$/.exec(part) ?? []
    const outcome = Object.hasOwn(outcomeOfWord, word) ? outcomeOfWord[word] : undefined
    if (outcome) counts[outcome] += Number(number)
  }
  return counts
}
