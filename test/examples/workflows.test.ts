/** The ready CI workflows: valid, all shards of one suite, one report, and nothing that Isolane or Vitest don't know. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { parse } from 'yaml'
import { configOf, runtimes } from '../../src/builtin.ts'
import { cacheFolder } from '../../src/core/folders.ts'

const project = join(import.meta.dirname, '..', '..')
const folder = join(project, 'examples', 'workflows')

interface GitHubStep {
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, string>>
}

interface GitHubJob {
  readonly env?: Readonly<Record<string, string>>
  readonly strategy: { readonly matrix: { readonly shard?: number[]; readonly runtime?: string[] } }
  readonly steps: readonly GitHubStep[]
}

interface GitLabJob {
  readonly parallel: number | object
  readonly variables?: Readonly<Record<string, string>>
  readonly cache?: unknown
  readonly before_script?: readonly string[]
  readonly script: readonly string[]
  readonly artifacts: { readonly paths?: readonly string[] }
}

const flavours = ['native', 'docker'] as const
const after = 'snapshot-on-failure'

test('both flavours are runtimes that there are', () => {
  expect(Object.keys(runtimes)).toEqual(expect.arrayContaining([...flavours]))
})

test.each(readdirSync(folder))('%s says nothing that `isolane` does not know', (file) => {
  const text = readFileSync(join(folder, file), 'utf8')
  const commands = [...text.matchAll(/npx isolane ((?:(?:snapshot|template) )?[a-z]+)/g)].map(([, name = '']) => name)
  expect(commands).not.toEqual([])
  for (const name of commands) {
    expect(existsSync(join(project, 'src', 'cli', `${name.replace(' ', '/')}.ts`)), name).toBe(true)
  }
})

/** The config that the workflows speak of. */
const example = join(project, 'examples', 'preset-ci-parallel')

test.each(['github-actions.yml', 'gitlab-ci.yml'])('%s speaks of the preset as the example has it', (file) => {
  const [line] = /presets: [^`\n]*\]/.exec(readFileSync(join(folder, file), 'utf8')) ?? []
  expect(readFileSync(join(example, 'isolane.config.ts'), 'utf8')).toContain(`  ${line},\n`)
})

afterEach(() => {
  vi.unstubAllEnvs()
})

/** What Isolane makes of a job's variables, with the one that every CI sets. */
async function settings(...variables: (Readonly<Record<string, string>> | undefined)[]) {
  const environment: Record<string, string> = Object.assign({ CI: 'true' }, ...variables)
  for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value)
  const { mode, runtime, after } = await configOf(example)
  return { mode, runtime: runtime.postgres, after }
}

describe('github-actions.yml', () => {
  const { env, jobs } = parse(readFileSync(join(folder, 'github-actions.yml'), 'utf8')) as {
    env: Record<string, string>
    jobs: Record<string, GitHubJob>
  }
  const runs = (job: GitHubJob | undefined) => (job?.steps ?? []).flatMap(({ run }) => run ?? []).join('\n')

  test.each(flavours)('%s runs every shard and hands its report on', async (name) => {
    const job = jobs[name]
    const shards = job?.strategy.matrix.shard ?? []
    expect(shards).toEqual(shards.map((_, index) => index + 1))
    expect(await settings(env, job?.env)).toEqual({ mode: 'isolated', runtime: name, after })
    expect(runs(job)).toContain(`vitest run --shard=\${{ matrix.shard }}/${shards.length} `)
    expect(runs(job)).toContain(`--outputFile.blob=reports/${name}-\${{ matrix.shard }}.json`)
    const upload = job?.steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact'))
    expect(upload?.with).toMatchObject({ name: `report-${name}-\${{ matrix.shard }}`, path: 'reports' })
    expect(job?.steps.at(-1)).toMatchObject({
      if: `\${{ failure() }}`,
      with: { name: `snapshots-${name}-\${{ matrix.shard }}`, path: env.ISOLANE_SNAPSHOT_DIR },
    })
  })

  test('the cache is where Isolane keeps it', () => {
    const cache = jobs.native?.steps.find(({ uses }) => uses?.startsWith('actions/cache'))
    if (process.platform === 'linux' && process.getuid?.() !== 0) {
      expect(cacheFolder({})).toBe(cache?.with?.path?.replace('~', process.env.HOME ?? ''))
    }
    expect(cache?.with?.path).toBe('~/.cache/isolane')
  })

  test('the reports of all shards become one', () => {
    expect(jobs.report?.strategy.matrix.runtime).toEqual([...flavours])
    const download = jobs.report?.steps.find(({ uses }) => uses?.startsWith('actions/download-artifact'))
    expect(download?.with).toMatchObject({ pattern: `report-\${{ matrix.runtime }}-*`, path: 'reports' })
    expect(runs(jobs.report)).toContain('vitest --merge-reports=reports')
  })
})

describe('github-actions-template.yml', () => {
  const workflow = parse(readFileSync(join(folder, 'github-actions-template.yml'), 'utf8')) as {
    env: Record<string, string>
    jobs: Record<'template' | 'test' | 'report', GitHubJob & { readonly needs?: string }>
  }
  const { template, test: shards, report } = workflow.jobs
  const position = (job: GitHubJob, what: string) =>
    job.steps.findIndex(({ run, uses }) => (run ?? uses)?.includes(what))

  test('one job migrates where that was not done yet, and every shard begins with what it has made', async () => {
    expect(await settings(workflow.env)).toMatchObject({ runtime: 'native' })
    expect(template.steps[position(template, 'template export')]).toMatchObject({
      if: `\${{ steps.cached.outputs.cache-hit != 'true' }}`,
      run: 'npx isolane template export template.tar',
    })
    expect(template.steps[position(template, 'upload-artifact')]?.with).toMatchObject({ path: 'template.tar' })
    expect(shards.needs).toBe('template')
    const [download, imported, tested] = ['download-artifact', 'template import template.tar', 'vitest run'].map(
      (what) => position(shards, what),
    )
    expect(download).toBeGreaterThan(0)
    expect([imported, tested]).toEqual([(download ?? 0) + 1, (download ?? 0) + 2])
  })

  test('every shard runs, and hands its report on', () => {
    expect(shards.strategy.matrix.shard).toEqual([1, 2, 3, 4])
    expect(shards.steps[position(shards, 'vitest run')]?.run).toContain(
      `--shard=\${{ matrix.shard }}/${shards.strategy.matrix.shard?.length} `,
    )
    expect(report.needs).toBe('test')
    expect(report.steps.at(-1)?.run).toBe('npx vitest --merge-reports=reports')
  })
})

describe('gitlab-ci.yml', () => {
  const { variables, ...jobs } = parse(readFileSync(join(folder, 'gitlab-ci.yml'), 'utf8')) as {
    variables: Record<string, string>
  } & Record<string, GitLabJob>

  test.each(flavours)('%s runs every shard and hands its report on', async (name) => {
    const job = jobs[name]
    expect(job?.parallel).toBe(4)
    expect(await settings(variables, job?.variables)).toEqual({ mode: 'isolated', runtime: name, after })
    expect(job?.script.join('\n')).toContain('vitest run --shard=$CI_NODE_INDEX/$CI_NODE_TOTAL ')
    expect(job?.script.join('\n')).toContain(`--outputFile.blob=reports/${name}/$CI_NODE_INDEX.json`)
    expect(job?.artifacts.paths).toEqual([`reports/${name}`, variables.ISOLANE_SNAPSHOT_DIR])
  })

  test('the cache lies where GitLab can keep it', () => {
    expect(jobs.native?.variables?.ISOLANE_CACHE_DIR).toBe('$CI_PROJECT_DIR/.isolane-cache')
    expect(jobs.native?.cache).toContainEqual(expect.objectContaining({ paths: ['.isolane-cache'] }))
  })

  test('the reports of all shards become one', () => {
    expect(jobs.report?.parallel).toEqual({ matrix: [{ RUNTIME: [...flavours] }] })
    expect(jobs.report?.script.join('\n')).toContain('vitest --merge-reports=reports/$RUNTIME ')
  })
})
