/** What `ISOLANE_RESULTS_FILE` tells of the real runners' tests: Vitest and Jest. */
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { readResults } from '../../src/matrix/results.ts'
import { commonJs, presetConfig } from '../jest/files.ts'
import { long, longMatrix } from '../long.ts'
import { redisConfig, vitestConfig } from './files.ts'
import { openProject, type Project } from './project.ts'
import { jestRunners, runners } from './runner.ts'

/** In both runners' words, but for what marks a test that is to fail. */
function spec(fails: 'fails' | 'failing'): string {
  return `
let tries = 0

describe('a suite', () => {
  test('passes', () => {})
  test('fails', () => expect(1).toBe(2))
  test('passes at the second try', () => expect(++tries).toBe(2))
  test.skip('is skipped', () => {})
  test.todo('is to be written')
  test.${fails}('is to fail', () => { throw new Error('as it should') })
})
describe('a suite whose set-up fails', () => {
  beforeAll(() => { throw new Error('no set-up') })
  test('is not run', () => {})
})
`
}

async function results(project: Project, args: readonly string[] = []): Promise<readonly string[] | undefined> {
  const file = join(project.stateFolder, 'results')
  const { code, output } = await project.run(args, { env: { ISOLANE_RESULTS_FILE: file } })
  expect(code, output).toBe(1)
  await project.expectNothingLeft()
  return readResults(file)
    ?.map(({ file, name, status, failure = '' }) => `${file}: ${name}: ${status}: ${failure.split('\n')[0]}`)
    .sort()
}

const common = [
  ': a suite > fails: failed: expect',
  ': a suite > is skipped: skipped: ',
  ': a suite > is to be written: skipped: ',
  ': a suite > is to fail: passed: ',
  ': a suite > passes at the second try: passed: ',
  ': a suite > passes: passed: ',
]

/** Their messages begin alike. */
function shortened(line: string): string {
  return line.replace(/failed: expect.*/, 'failed: expect')
}

for (const { value: runner } of longMatrix(runners)) {
  test.skipIf(long)(`${runner}: every test of every project, once${long}`, async () => {
    const projects =
      "projects: [{ extends: true, test: { name: 'left', include: ['a.spec.ts'] } }, { extends: true, test: { name: 'right', include: ['{b,c}.spec.ts'] } }]"
    const imports = "import { beforeAll, describe, expect, test } from 'vitest'\n"
    await using project = await openProject(runner, {
      'isolane.config.ts': redisConfig(),
      'vitest.config.ts': vitestConfig(`retry: 1, ${projects}`),
      'a.spec.ts': imports + spec('fails'),
      'b.spec.ts': imports + spec('fails'),
      'c.spec.ts': "throw new Error('can not be loaded')\n",
    })
    const found = await results(project)
    const of = (file: string, name: string) => [
      ...common.map((line) => `${file}${line.replace(': ', `: [${name}] `)}`),
      `${file}: [${name}] a suite whose set-up fails > is not run: skipped: `,
      `${file}: [${name}] a suite whose set-up fails: failed: no set-up`,
    ]
    const broken = 'c.spec.ts: [right] the file: failed: can not be loaded'
    expect(found?.map(shortened)).toEqual([...of('a.spec.ts', 'left'), ...of('b.spec.ts', 'right'), broken].sort())
  })
}

describe.skipIf(long)(`Jest${long}`, () => {
  test.each(jestRunners)('%s: every test once, from several workers', async (runner) => {
    await using project = await openProject(runner, {
      ...commonJs,
      'isolane.config.mts': redisConfig(),
      'jest.config.js': presetConfig(),
      'a.test.js': `jest.retryTimes(1)\n${spec('failing')}`,
      'nested/b.test.js': `jest.mock('node:fs')\njest.mock('fs')\njest.retryTimes(1)\n${spec('failing')}`,
    })
    const found = await results(project, ['--maxWorkers=2'])
    const of = (file: string) =>
      [...common, ': a suite whose set-up fails > is not run: failed: no set-up'].map((line) => file + line)
    expect(found?.map(shortened)).toEqual([...of('a.test.js'), ...of('nested/b.test.js')].sort())
  })
})
