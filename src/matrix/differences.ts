import type { Versions } from '../core/config.ts'
import type { Outcome } from './outcome.ts'

/** A test that fails, and where. */
export interface FailingTest {
  readonly file: string
  readonly name: string
  /** Names of combinations. */
  readonly failsOn: readonly string[]
  /** The same in few words, `postgres 13`; absent where it fails wherever it ran. */
  readonly only?: string
}

interface Ran {
  readonly outcome: Outcome
  readonly failed: boolean
}

/** Every test that fails anywhere, those that fail on some combinations only first. */
export function failingTests(outcomes: readonly Outcome[]): readonly FailingTest[] {
  const failing = [...runs(outcomes).values()].flatMap(({ file, name, ran }) => {
    const failed = ran.filter((each) => each.failed)
    if (failed.length === 0) return []
    const failsOn = failed.map(({ outcome }) => outcome.name)
    return [failed.length === ran.length ? { file, name, failsOn } : { file, name, failsOn, only: inFewWords(ran) }]
  })
  return failing.toSorted((left, right) => Number(!left.only) - Number(!right.only))
}

/** Where each test ran. One that was skipped did not. */
function runs(outcomes: readonly Outcome[]) {
  const tests = new Map<string, { file: string; name: string; ran: Ran[] }>()
  for (const outcome of outcomes) {
    for (const { file, name, status } of outcome.tests ?? []) {
      if (status === 'skipped') continue
      const key = JSON.stringify([file, name])
      const test = tests.get(key) ?? { file, name, ran: [] }
      tests.set(key, test)
      const before = test.ran.find((each) => each.outcome === outcome)
      const failed = status === 'failed' || before?.failed === true
      test.ran = [...test.ran.filter((each) => each !== before), { outcome, failed }]
    }
  }
  return tests
}

/** Versions of one service say it where they decide; else the combinations are named. */
function inFewWords(ran: readonly Ran[]): string {
  const failed = ran.filter((each) => each.failed)
  const services = new Set(ran.flatMap(({ outcome }) => Object.keys(outcome.versions)))
  for (const service of services) {
    const versionOf = ({ outcome }: Ran) => (outcome.versions as Versions)[service]
    const versions = new Set(failed.map(versionOf))
    const decides = ran.every((each) => each.failed === versions.has(versionOf(each)))
    if (decides) return `${service} ${[...versions].join(', ')}`
  }
  return failed.map(({ outcome }) => outcome.name).join('; ')
}
