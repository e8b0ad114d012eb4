import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { addResults } from '../../src/matrix/add-results.ts'
import { countsIn, countsOf, readResults } from '../../src/matrix/results.ts'

const folder = mkdtempSync(join(tmpdir(), 'isolane-results-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('the results file', () => {
  test('is unknown where there is none, or nothing in it', () => {
    const file = join(folder, 'nothing')
    expect(readResults(file)).toBeUndefined()
    appendFileSync(file, '{"file":"a.test.ts","tes')
    expect(readResults(file)).toBeUndefined()
  })

  test('holds what was added, also after the piece of a line that a killed process left', () => {
    const file = join(folder, 'pieces')
    addResults(file, 'a.test.ts', [{ name: 'a > b', status: 'passed', milliseconds: 3 }])
    appendFileSync(file, '{"file":"b.test.ts","tests":[{"name":"c"')
    addResults(file, 'c.test.ts', [
      { name: 'd', status: 'failed', milliseconds: 4, failure: '\u001b[31mexpected 1\u001b[39m\nto be 2' },
      { name: 'e', status: 'skipped', milliseconds: 0 },
    ])
    addResults(file, 'empty.test.ts', [])
    const tests = readResults(file) ?? []
    expect(tests).toEqual([
      { file: 'a.test.ts', name: 'a > b', status: 'passed', milliseconds: 3 },
      { file: 'c.test.ts', name: 'd', status: 'failed', milliseconds: 4, failure: 'expected 1\nto be 2' },
      { file: 'c.test.ts', name: 'e', status: 'skipped', milliseconds: 0 },
    ])
    expect(countsOf(tests)).toEqual({ passed: 1, failed: 1, skipped: 1 })
  })

  test('is whole where several processes write at once', async () => {
    const file = join(folder, 'several')
    const results = join(import.meta.dirname, '..', '..', 'src', 'matrix', 'add-results.ts')
    const program = `
      const { addResults } = await import(${JSON.stringify(results)})
      const failure = 'x'.repeat(3_900)
      for (let index = 0; index < 100; index += 1) {
        addResults(${JSON.stringify(file)}, process.argv[1], [{ name: String(index), status: 'failed', milliseconds: 0, failure }])
      }`
    const writers = ['left', 'right'].map((name) =>
      spawn(process.execPath, ['--input-type=module', '--eval', program, name], { stdio: 'inherit' }),
    )
    const codes = await Promise.all(writers.map(async (writer) => (await once(writer, 'exit'))[0]))
    expect(codes).toEqual([0, 0])
    const tests = readResults(file) ?? []
    expect(new Set(tests.map(({ file, name }) => `${file} ${name}`)).size).toBe(200)
    expect(tests).toHaveLength(200)
  })
})

/** As their runners have printed them. */
const logs: Readonly<Record<string, string>> = {
  'Vitest 3': `
\u001b[2m Test Files \u001b[22m \u001b[1m\u001b[31m1 failed\u001b[39m\u001b[22m\u001b[90m (1)\u001b[39m
\u001b[2m      Tests \u001b[22m \u001b[1m\u001b[31m1 failed\u001b[39m\u001b[22m\u001b[2m | \u001b[22m\u001b[1m\u001b[32m2 passed\u001b[39m\u001b[22m\u001b[2m | \u001b[22m\u001b[33m1 skipped\u001b[39m\u001b[2m | \u001b[22m\u001b[90m1 todo\u001b[39m\u001b[90m (5)\u001b[39m
\u001b[2m   Duration \u001b[22m 923ms\u001b[2m (transform 128ms, setup 0ms, collect 79ms, tests 21ms)\u001b[22m
`,
  'Vitest 4 and 5': `
 Test Files  1 failed (1)
      Tests  1 failed | 1 passed | 1 expected fail | 1 skipped | 1 todo (5)
   Start at  02:14:02
`,
  Jest: `
\u001b[1mTest Suites: \u001b[22m\u001b[1m\u001b[31m1 failed\u001b[39m\u001b[22m, 1 total
\u001b[1mTests:       \u001b[22m\u001b[1m\u001b[31m1 failed\u001b[39m\u001b[22m, \u001b[1m\u001b[33m1 skipped\u001b[39m\u001b[22m, \u001b[1m\u001b[35m1 todo\u001b[39m\u001b[22m, \u001b[1m\u001b[32m2 passed\u001b[39m\u001b[22m, 5 total
\u001b[1mSnapshots:   \u001b[22m0 total
`,
  Mocha: `
\u001b[92m \u001b[0m\u001b[32m 2 passing\u001b[0m\u001b[90m (31ms)\u001b[0m
\u001b[36m \u001b[0m\u001b[36m 2 pending\u001b[0m
\u001b[31m  1 failing\u001b[0m

  1) x
       b:
     AssertionError: The expression evaluated to a falsy value
`,
  'node:test': `
\u001b[34mℹ tests 5\u001b[39m
\u001b[34mℹ suites 0\u001b[39m
\u001b[34mℹ pass 2\u001b[39m
\u001b[34mℹ fail 1\u001b[39m
\u001b[34mℹ cancelled 0\u001b[39m
\u001b[34mℹ skipped 1\u001b[39m
\u001b[34mℹ todo 1\u001b[39m
\u001b[34mℹ duration_ms 122.268519\u001b[39m

✖ failing tests:
`,
  'node:test as TAP':
    '1..5\r\n# tests 5\r\n# suites 0\r\n# pass 2\r\n# fail 0\r\n# cancelled 1\r\n# skipped 1\r\n# todo 1\r\n# duration_ms 488.7\r\n',
  pytest: `
\u001b[31m========== \u001b[31m\u001b[1m1 failed\u001b[0m, \u001b[32m2 passed\u001b[0m, \u001b[33m1 skipped\u001b[0m, \u001b[33m3 deselected\u001b[0m, \u001b[33m1 xfailed\u001b[0m, \u001b[33m2 warnings\u001b[0m\u001b[31m in 61.42s (0:01:01)\u001b[0m\u001b[31m ==========\u001b[0m
`,
  'pytest -q': '\nFAILED test_p.py::test_b - assert False\n2 passed, 1 skipped, 1 xfailed, 1 error in 0.04s\n',
  Playwright: `
  1) p.spec.js:2:19 › b

    at /project/p.spec.js:2:115

\u001b[31m  1 failed\u001b[39m
\u001b[31m    p.spec.js:2:19 › b \u001b[2m───────\u001b[22m\u001b[39m
\u001b[33m  1 flaky\u001b[39m
\u001b[33m    p.spec.js:2:75 › f \u001b[2m───────\u001b[22m\u001b[39m
\u001b[33m  1 skipped\u001b[39m
\u001b[33m  1 did not run\u001b[39m
\u001b[32m  1 passed\u001b[39m\u001b[2m (6.6s)\u001b[22m
`,
}

describe('the numbers of tests in a log', () => {
  test.each(Object.entries(logs))('of %s', (_, log) => {
    expect(countsIn(log)).toEqual({ passed: 2, failed: 1, skipped: 2 })
  })

  test('the last summary counts', () => {
    const [first = '', ...rest] = Object.values(logs)
    expect(countsIn(`${first}${rest.join('')}\n  4 passing (1s)\n\nnpm notice\n`)).toEqual({
      passed: 4,
      failed: 0,
      skipped: 0,
    })
  })

  test('no tests are none, and no summary tells nothing', () => {
    const none = { passed: 0, failed: 0, skipped: 0 }
    expect(countsIn(' Test Files  1 failed (1)\n      Tests  no tests\n')).toEqual(none)
    expect(countsIn('===== no tests ran in 0.01s =====\n')).toEqual(none)
    expect(countsIn('Tests: 3 of the cache\n3 passed the border\n# todo\n')).toBeUndefined()
  })
})
