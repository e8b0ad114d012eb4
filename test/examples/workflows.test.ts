/** The ready CI workflows: valid, all shards of one suite, one report, and nothing that Isolane or Vitest don't know. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { runtimes } from '../../src/builtin.ts'
import { resolveConfig } from '../../src/core/config-check.ts'
import { cacheFolder } from '../../src/core/folders.ts'
import { redis } from '../../src/index.ts'

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

test('both flavours are runtimes that there are', () => {
  expect(Object.keys(runtimes)).toEqual(expect.arrayContaining([...flavours]))
})

test.each(['github-actions.yml', 'gitlab-ci.yml'])('%s says nothing that `isolane` does not know', (file) => {
  const commands = [...readFileSync(join(folder, file), 'utf8').matchAll(/npx isolane (\S+)/g)].map(([, name]) => name)
  expect(commands).not.toEqual([])
  for (const name of commands) expect(existsSync(join(project, 'src', 'cli', `${name}.ts`)), name).toBe(true)
})

/** What Isolane makes of a job's variables. */
function settings(...variables: (Readonly<Record<string, string>> | undefined)[]) {
  const { mode, runtime } = resolveConfig({ services: { redis: redis() } }, project, Object.assign({}, ...variables))
  return { mode, runtime: runtime.redis }
}

describe('github-actions.yml', () => {
  const { env, jobs } = parse(readFileSync(join(folder, 'github-actions.yml'), 'utf8')) as {
    env: Record<string, string>
    jobs: Record<string, GitHubJob>
  }
  const runs = (job: GitHubJob | undefined) => (job?.steps ?? []).flatMap(({ run }) => run ?? []).join('\n')

  test.each(flavours)('%s runs every shard and hands its report on', (name) => {
    const job = jobs[name]
    const shards = job?.strategy.matrix.shard ?? []
    expect(shards).toEqual(shards.map((_, index) => index + 1))
    expect(settings(env, job?.env)).toEqual({ mode: 'isolated', runtime: name })
    expect(runs(job)).toContain(`vitest run --shard=\${{ matrix.shard }}/${shards.length} `)
    expect(runs(job)).toContain(`--outputFile.blob=reports/${name}-\${{ matrix.shard }}.json`)
    const upload = job?.steps.find(({ uses }) => uses?.startsWith('actions/upload-artifact'))
    expect(upload?.with).toMatchObject({ name: `report-${name}-\${{ matrix.shard }}`, path: 'reports' })
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

describe('gitlab-ci.yml', () => {
  const { variables, ...jobs } = parse(readFileSync(join(folder, 'gitlab-ci.yml'), 'utf8')) as {
    variables: Record<string, string>
  } & Record<string, GitLabJob>

  test.each(flavours)('%s runs every shard and hands its report on', (name) => {
    const job = jobs[name]
    expect(job?.parallel).toBe(4)
    expect(settings(variables, job?.variables)).toEqual({ mode: 'isolated', runtime: name })
    expect(job?.script.join('\n')).toContain('vitest run --shard=$CI_NODE_INDEX/$CI_NODE_TOTAL ')
    expect(job?.script.join('\n')).toContain(`--outputFile.blob=reports/${name}/$CI_NODE_INDEX.json`)
    expect(job?.artifacts.paths).toEqual([`reports/${name}`])
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
