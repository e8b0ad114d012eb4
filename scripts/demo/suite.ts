import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import type { DemoOptions } from './arguments.ts'
import { atlas, dist, project } from './folders.ts'
import type { Neo4jHere } from './neo4j.ts'
import { type Results, resultsVariable } from './results-reporter.ts'
import type { StackReport } from './stack-report.ts'

export interface Outcome {
  readonly exitCode: number
  /** Wall-clock time of the whole run, servers' start and stop included. */
  readonly seconds: number
  /** Absent when the run broke before it had results. */
  readonly results: Results | undefined
  /** Absent when no stack was opened, or one was up already. */
  readonly report: StackReport | undefined
}

type Suite = DemoOptions & { readonly neo4j: Neo4jHere }

export function runWithLanes(suite: Suite): Promise<Outcome> {
  return runSuite(suite, (vitest) => vitest, ['--reporter=default'])
}

/** One lane's environment for the whole run: the same servers, but every worker has the same databases. */
export function runWithoutLanes(suite: Suite): Promise<Outcome> {
  const exec = ['node', join(dist, 'cli.js'), '--root', atlas, 'exec', '--']
  const reporter = join(import.meta.dirname, 'file-lines-reporter.ts')
  return runSuite(suite, (vitest) => [...exec, ...vitest], [`--reporter=${reporter}`], 'vitest.no-lanes.config.ts')
}

async function runSuite(
  { workers, neo4j }: Suite,
  wrap: (vitest: readonly string[]) => readonly string[],
  reporters: readonly string[],
  config = 'vitest.config.ts',
): Promise<Outcome> {
  const folder = await mkdtemp(join(tmpdir(), 'isolane-demo-'))
  const resultsFile = join(folder, 'results.json')
  const reportFile = join(folder, 'report.json')
  const [program = '', ...rest] = wrap([
    'vitest',
    'run',
    `--root=${atlas}`,
    `--config=${config}`,
    `--maxWorkers=${workers}`,
    ...reporters,
    `--reporter=${join(import.meta.dirname, 'results-reporter.ts')}`,
  ])
  try {
    const since = performance.now()
    const { exitCode } = await execa(program, rest, {
      cwd: project,
      stdio: 'inherit',
      preferLocal: true,
      localDir: project,
      reject: false,
      env: {
        ISOLANE_REPORT_FILE: reportFile,
        ISOLANE_ATLAS_WITHOUT_NEO4J: neo4j.possible ? '0' : '1',
        [resultsVariable]: resultsFile,
      },
    })
    const seconds = (performance.now() - since) / 1_000
    const [results, report] = await Promise.all([read<Results>(resultsFile), read<StackReport>(reportFile)])
    return { exitCode: exitCode ?? 1, seconds, results, report }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function read<Content>(file: string): Promise<Content | undefined> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as Content
  } catch {
    return undefined
  }
}
