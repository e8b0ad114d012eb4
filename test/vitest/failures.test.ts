/** Set-ups that fail: one readable line, exit code 1, nothing left. */
import { expect, test } from 'vitest'
import { redisConfig, stackConfig, vitestConfig } from './files.ts'
import { openProject } from './project.ts'
import type { RunnerName } from './runner.ts'

interface Failure {
  readonly name: string
  readonly files: Readonly<Record<string, string>>
  /** The message's first line. */
  readonly line: RegExp
  readonly alsoSays?: RegExp
}

const failures: readonly Failure[] = [
  {
    name: 'a migration that is no SQL',
    files: {
      'isolane.config.ts': stackConfig("postgres: postgres({ migrations: './migrations' }), redis: redis()"),
      'migrations/001_good.sql': 'CREATE TABLE good (id int);\n',
      'migrations/002_bad.sql': 'CREATE TABLE better (id int);\n\nCREATE TABEL bad (id int);\n',
    },
    line: /002_bad\.sql.*3.*\[ISOLANE_MIGRATION_FAILED\]/,
    alsoSays: /syntax error at or near "TABEL"/,
  },
  {
    name: 'an option that a service does not know',
    files: { 'isolane.config.ts': stackConfig("redis: redis({ verison: '8' })") },
    line: /redis: unknown option "verison"; did you mean "version": the options are .*\[ISOLANE_OPTION_INVALID\]/,
  },
  {
    name: 'an option that the config does not know',
    files: { 'isolane.config.ts': redisConfig("resets: 'file'") },
    line: /unknown option "resets"; did you mean "reset".*\[ISOLANE_OPTION_INVALID\]/,
  },
  {
    name: 'a seed that throws',
    files: {
      'isolane.config.ts': stackConfig("redis: redis({ seed: () => { throw new Error('no countries today') } })"),
    },
    line: /The seed function of redis threw: no countries today.*\[ISOLANE_SEED_FAILED\]/,
  },
  {
    name: 'a migrations folder that is not there',
    files: { 'isolane.config.ts': stackConfig("postgres: postgres({ migrations: './migrashuns' }), redis: redis()") },
    line: /The migrations path .*migrashuns does not exist: .*\[ISOLANE_MIGRATIONS_NOT_FOUND\]/,
  },
  {
    name: 'a config that can not be read',
    files: { 'isolane.config.ts': 'export default {{\n' },
    line: /isolane\.config\.ts could not be loaded: .*\[ISOLANE_CONFIG_UNREADABLE\]/,
  },
  {
    name: 'no config at all',
    files: {},
    line: /There is no isolane\.config\.ts in .* or above it: create one .*\[ISOLANE_CONFIG_NOT_FOUND\]/,
  },
  {
    name: 'an environment variable out of range',
    files: { 'isolane.config.ts': redisConfig() },
    line: /environment: option "ISOLANE_LANES" is invalid: must be a whole number above 0 \[ISOLANE_OPTION_INVALID\]/,
  },
]

async function expectFailure(runner: RunnerName, { files, line, alsoSays }: Failure): Promise<void> {
  await using project = await openProject(runner, {
    ...files,
    'vitest.config.ts': vitestConfig(),
    'a.spec.ts': "import { test } from 'vitest'\ntest('must not run', () => console.log('IT RAN'))\n",
  })
  const env = line.source.includes('ISOLANE_LANES') ? { ISOLANE_LANES: 'many' } : {}
  const { code, output } = await project.run([], { env })
  expect(code, output).toBe(1)
  const told = output.split('\n').filter((text) => line.test(text))
  expect(told, output).toHaveLength(1)
  if (alsoSays) expect(output).toMatch(alsoSays)
  expect(output).not.toContain('IT RAN')
  await project.expectNothingLeft({ started: false })
}

test.each(failures)('vitest-5: $name', (failure) => expectFailure('vitest-5', failure))

const cheapest = failures.filter(({ name }) => name.startsWith('a seed') || name.startsWith('an option that a service'))
test.each(cheapest)('vitest-4: $name', (failure) => expectFailure('vitest-4', failure))
test.each(cheapest)('vitest-3: $name', (failure) => expectFailure('vitest-3', failure))
