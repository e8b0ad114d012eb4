/** Table, JUnit, Markdown and JSON of the same outcomes. */
import { expect, test } from 'vitest'
import { matrixReport } from '../../src/matrix/json.ts'
import { junitXml } from '../../src/matrix/junit.ts'
import { markdownSummary } from '../../src/matrix/markdown.ts'
import type { Outcome, TestResult } from '../../src/matrix/outcome.ts'
import { outcomesTable } from '../../src/matrix/table.ts'

const seven: TestResult = { file: 'tests/ids.test.ts', name: 'ids > sort', status: 'passed', milliseconds: 7 }
const always: TestResult = {
  file: 'tests/all.test.ts',
  name: 'breaks | everywhere',
  status: 'failed',
  milliseconds: 3,
  failure: 'expected <a> & "b"\u0007\n\u001b at all.test.ts:1 ]]>',
}
const failed: Partial<TestResult> = { status: 'failed', failure: 'function uuidv7() does not exist' }

function outcome(postgres: string, redis: string, rest: Partial<Outcome>): Outcome {
  const name = `postgres ${postgres}, redis ${redis}`
  const versions = { postgres, redis }
  return {
    name,
    versions,
    status: 'failed',
    exitCode: 1,
    milliseconds: 12_345,
    logFile: `/logs/${postgres}.log`,
    ...rest,
  }
}

const outcomes: readonly Outcome[] = [
  outcome('13', '7', { passed: 0, failed: 2, skipped: 0, tests: [always, { ...seven, ...failed }] }),
  outcome('13', 'valkey@9', { passed: 0, failed: 2, skipped: 0, tests: [always, { ...seven, ...failed }] }),
  outcome('18', '7', {
    ...{ passed: 1, failed: 1, skipped: 0, tests: [always, seven] },
    ...{ startMilliseconds: 340.4, memory: 118 * 2 ** 20 },
  }),
  outcome('18', 'valkey@9', { milliseconds: 900, failure: 'The migration 002.sql failed [ISOLANE_MIGRATION_FAILED]' }),
  outcome('17', '7', { status: 'passed', exitCode: 0, passed: 20, failed: 0, skipped: 1 }),
  outcome('17', '8', { status: 'stopped', milliseconds: 100, tests: [{ ...seven, status: 'skipped' }] }),
  outcome('16', '8', { status: 'not started', milliseconds: 0 }),
]

test('the table has a line for each combination, with numbers below each other', () => {
  expect(`\n${outcomesTable(outcomes)}\n`).toBe(`
combination                  result       passed  failed  skipped    time  start-up   memory
postgres 13, redis 7         failed            0       2        0  12.3 s         –        –
postgres 13, redis valkey@9  failed            0       2        0  12.3 s         –        –
postgres 18, redis 7         failed            1       1        0  12.3 s     0.3 s  118 MiB
postgres 18, redis valkey@9  failed            –       –        –   0.9 s         –        –
postgres 17, redis 7         passed           20       0        1  12.3 s         –        –
postgres 17, redis 8         stopped           –       –        –   0.1 s         –        –
postgres 16, redis 8         not started       –       –        –       –         –        –
`)
})

test('Markdown says which tests fail on some versions only', () => {
  expect(markdownSummary(outcomes.slice(2))).toBe(`### Version matrix: 1 of 5 combinations passed

| combination | result | passed | failed | skipped | time | start-up | memory |
| --- | --- | --: | --: | --: | --: | --: | --: |
| postgres 18, redis 7 | failed | 1 | 1 | 0 | 12.3 s | 0.3 s | 118 MiB |
| postgres 18, redis valkey@9 | failed | – | – | – | 0.9 s | – | – |
| postgres 17, redis 7 | passed | 20 | 0 | 1 | 12.3 s | – | – |
| postgres 17, redis 8 | stopped | – | – | – | 0.1 s | – | – |
| postgres 16, redis 8 | not started | – | – | – | – | – | – |

- **postgres 18, redis valkey@9**: The migration 002.sql failed \\[ISOLANE\\_MIGRATION\\_FAILED\\]

Fail wherever they run:

- breaks \\| everywhere (tests/all.test.ts)`)
  expect(markdownSummary(outcomes)).toContain(`
Fail on some versions only:

- ids > sort (tests/ids.test.ts) fails on postgres 13 only
`)
})

test('JSON names the combinations that a test fails on, and the version that decides where one does', () => {
  const { passed, combinations, failingTests } = matrixReport(outcomes)
  expect(passed).toBe(false)
  expect(combinations[2]).toEqual({
    ...{ name: 'postgres 18, redis 7', versions: { postgres: '18', redis: '7' }, status: 'failed', exitCode: 1 },
    ...{ passed: 1, failed: 1, skipped: 0, milliseconds: 12_345, startMilliseconds: 340, memory: 118 * 2 ** 20 },
    ...{ logFile: '/logs/18.log', failedTests: [always] },
  })
  expect(combinations[3]).not.toHaveProperty('failedTests')
  const names = outcomes.map(({ name }) => name)
  expect(failingTests).toEqual([
    { file: 'tests/ids.test.ts', name: 'ids > sort', failsOn: names.slice(0, 2), only: 'postgres 13' },
    { file: 'tests/all.test.ts', name: 'breaks | everywhere', failsOn: names.slice(0, 3) },
  ])
  const scattered = [outcomes[0], outcomes[2], { ...outcomes[1], tests: [seven] }] as readonly Outcome[]
  expect(matrixReport(scattered).failingTests[0]).toMatchObject({ name: 'ids > sort', only: 'postgres 13, redis 7' })
  expect(matrixReport([]).passed).toBe(true)
})

test('JUnit has a suite for each combination, in XML that holds whatever tests print', () => {
  expect(
    junitXml([outcomes[0], outcomes[3], outcomes[4], outcomes[5], outcomes[6]] as readonly Outcome[]),
  ).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="isolane matrix">
<testsuite name="postgres 13, redis 7" tests="2" failures="2" errors="0" skipped="0" time="12.345">
<properties>
<property name="postgres" value="13"/>
<property name="redis" value="7"/>
</properties>
<testcase classname="postgres 13, redis 7 › tests/all.test.ts" name="breaks | everywhere" time="0.003">
<failure message="expected &lt;a&gt; &amp; &quot;b&quot;\ufffd">expected &lt;a&gt; &amp; "b"\ufffd
\ufffd at all.test.ts:1 ]]&gt;</failure>
</testcase>
<testcase classname="postgres 13, redis 7 › tests/ids.test.ts" name="ids &gt; sort" time="0.007">
<failure message="function uuidv7() does not exist">function uuidv7() does not exist</failure>
</testcase>
</testsuite>
<testsuite name="postgres 18, redis valkey@9" tests="1" failures="1" errors="0" skipped="0" time="0.900">
<properties>
<property name="postgres" value="18"/>
<property name="redis" value="valkey@9"/>
</properties>
<testcase classname="postgres 18, redis valkey@9" name="the command" time="0.900">
<failure message="The migration 002.sql failed [ISOLANE_MIGRATION_FAILED]">The migration 002.sql failed [ISOLANE_MIGRATION_FAILED]</failure>
</testcase>
</testsuite>
<testsuite name="postgres 17, redis 7" tests="1" failures="0" errors="0" skipped="0" time="12.345">
<properties>
<property name="postgres" value="17"/>
<property name="redis" value="7"/>
</properties>
<testcase classname="postgres 17, redis 7" name="the command" time="12.345"/>
</testsuite>
<testsuite name="postgres 17, redis 8" tests="2" failures="0" errors="0" skipped="2" time="0.100">
<properties>
<property name="postgres" value="17"/>
<property name="redis" value="8"/>
</properties>
<testcase classname="postgres 17, redis 8 › tests/ids.test.ts" name="ids &gt; sort" time="0.007">
<skipped/>
</testcase>
<testcase classname="postgres 17, redis 8" name="stopped" time="0.000">
<skipped/>
</testcase>
</testsuite>
<testsuite name="postgres 16, redis 8" tests="1" failures="0" errors="0" skipped="1" time="0.000">
<properties>
<property name="postgres" value="16"/>
<property name="redis" value="8"/>
</properties>
<testcase classname="postgres 16, redis 8" name="not started" time="0.000">
<skipped/>
</testcase>
</testsuite>
</testsuites>`)
})
