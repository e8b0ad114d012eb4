/** Each preset's example, run as its README says. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { presets } from '../../presets/index.ts'
import { long } from '../long.ts'
import { foreignServer } from '../services/postgres/attach-server.ts'
import { runExample, useExample } from './example.ts'

const native = { ISOLANE_RUNTIME: 'native' }

test('every preset has an example', () => {
  const examples = readdirSync(join(import.meta.dirname, '..', '..', 'examples'))
  const names = examples.flatMap((name) => /^preset-(.*)$/.exec(name)?.[1] ?? [])
  expect(names.sort()).toEqual(Object.keys(presets).sort())
})

test('single-instance: the first run leaves its stack up, the next one uses it, `isolane down` ends it', async () => {
  await useExample('preset-single-instance', async ({ run, cli }) => {
    const first = await run(native)
    expect(first.exitCode, first.output).toBe(0)
    expect(first.output).toMatch(/Tests\s+6 passed/)
    const status = await cli('status')
    expect(status.output).not.toContain('leased ')
    const second = await run(native)
    expect(second.exitCode, second.output).toBe(0)
    expect(second.output).toMatch(/Tests\s+6 passed/)
    expect(second.output).toContain('on the stack that is up')
    const down = await cli('down')
    expect(down.exitCode, down.output).toBe(0)
  })
})

test.skipIf(long)(`ci-parallel: two shards at once, on servers of their own, and one report${long}`, async () => {
  const reports = mkdtempSync(join(tmpdir(), 'isolane-reports-'))
  try {
    await useExample('preset-ci-parallel', async ({ run, mergeReports }) => {
      const shards = await Promise.all(
        [1, 2].map((shard) => {
          const blob = ['--reporter=default', '--reporter=blob', `--outputFile.blob=${join(reports, `${shard}.json`)}`]
          return run({ ...native, CI: 'true' }, `--shard=${shard}/2`, ...blob)
        }),
      )
      for (const { exitCode, output } of shards) {
        expect(exitCode, output).toBe(0)
        expect(output).toMatch(/postgres 17\S* on native, isolated/)
        expect(output).toMatch(/Test Files\s+2 passed/)
      }
      const merged = await mergeReports(reports)
      expect(merged.exitCode, merged.output).toBe(0)
      expect(merged.output).toMatch(/Tests\s+7 passed/)
    })
  } finally {
    rmSync(reports, { recursive: true })
  }
})

test.skipIf(long)(`native: passes where Docker is asked of nobody${long}`, async () => {
  const { exitCode, output } = await runExample('preset-native', { DOCKER_HOST: 'tcp://nowhere.invalid:1' })
  expect(exitCode, output).toBe(0)
  expect(output).toMatch(/redis \(valkey \S+\) on native, shared/)
  expect(output).not.toMatch(/docker/i)
  expect(output).toMatch(/Tests\s+4 passed/)
})

test.skipIf(long)(
  `attach: passes on a server that is found by its usual variable, and leaves its data alone${long}`,
  async () => {
    await using server = await foreignServer()
    const databases = () =>
      server.column("SELECT datname FROM pg_database WHERE datname NOT LIKE 'isolane%' ORDER BY oid")
    const customers = () => server.column('SELECT name FROM customer', 'shop')
    const before = [await databases(), await customers()]
    const { exitCode, output } = await runExample('preset-attach', { DATABASE_URL: server.url('keeper') })
    expect(exitCode, output).toBe(0)
    expect(output).toMatch(/postgres 17\S* on attach, shared/)
    expect(output).toMatch(/Tests\s+3 passed/)
    expect([await databases(), await customers()]).toEqual(before)
  },
)

test.skipIf(long)(`migration-matrix: the same suite on two versions, as runs and as projects${long}`, async () => {
  await useExample('preset-migration-matrix', async ({ root, run, cli }) => {
    const runs = await cli('matrix', '--', 'env', 'ISOLANE_RUNTIME=native', 'vitest', 'run', '--root', root)
    expect(runs.exitCode, runs.output).toBe(0)
    expect(runs.output).toMatch(/^postgres 15 +passed +3 +0 +1 /m)
    expect(runs.output).toMatch(/^postgres 18 +passed +4 +0 +0 /m)
    const projects = await run(native)
    expect(projects.exitCode, projects.output).toBe(0)
    expect(projects.output).toMatch(/postgres 15\S* on native, shared/)
    expect(projects.output).toMatch(/postgres 18\S* on native, shared/)
    expect(projects.output).toMatch(/\|postgres-18\| tests\/version\.test\.ts/)
    expect(projects.output).toMatch(/Tests\s+7 passed \| 1 skipped/)
  })
})
