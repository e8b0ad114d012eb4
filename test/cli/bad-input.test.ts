import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type CliResult, config, postgresProject, Sandbox, type SandboxOptions } from './sandbox.ts'

const isRoot = process.getuid?.() === 0

/** One clear error: its first line stands alone, the exit code says so too, and nothing is left. */
function expectOneError(result: CliResult, first: RegExp, code: string): void {
  const [line = ''] = result.stderr.split('\n').filter((text) => /^isolane: /.test(text))
  expect(line).toMatch(first)
  expect(line).toContain(`[ISOLANE_${code}]`)
  expect(result.stderr.match(/\[ISOLANE_/g)).toHaveLength(1)
  expect(result.stderr).not.toMatch(/^ +at .*(node_modules|dist|node:)/m)
  expect(result).toMatchObject({ code: 1, stdout: '' })
}

interface Case {
  readonly services?: string
  readonly rest?: string
  readonly files?: Record<string, string>
  readonly env?: Record<string, string>
  readonly first: RegExp
  readonly code: string
  readonly below?: readonly RegExp[]
}

async function expectRefused({ services, rest, files, env, first, code, below = [] }: Case): Promise<void> {
  const given: SandboxOptions = {
    files: {
      ...postgresProject(),
      ...(services === undefined ? {} : { 'isolane.config.ts': config(services, rest) }),
      ...files,
    },
  }
  await using sandbox = new Sandbox(given)
  const result = await sandbox.cli(['exec', '--', 'echo', 'never'], env ? { env } : {})
  expectOneError(result, first, code)
  for (const pattern of below) expect(result.stderr).toMatch(pattern)
  await expect.poll(() => sandbox.leftovers.list(), { timeout: 10_000 }).toEqual([])
}

describe('options', () => {
  test.each<Case>([
    {
      services: "postgres: postgres({ verison: '17' })",
      first:
        /isolane\.config\.ts.*postgres: unknown option "verison"; did you mean "version": the options are version, |^isolane: postgres: unknown option "verison"; did you mean "version"/,
      code: 'OPTION_INVALID',
    },
    {
      services: "postgres: postgres({ version: '12' })",
      first: /postgres: option "version" is invalid: .*13, 14, 15, 16, 17, 18/,
      code: 'OPTION_INVALID',
    },
    {
      services: "postgres: postgres({ version: 'banana' })",
      first: /postgres: option "version" is invalid: .*13, 14, 15, 16, 17, 18/,
      code: 'OPTION_INVALID',
    },
    {
      services: 'postgres: postgres({ port: 70000 })',
      first: /postgres: option "port" is invalid: .*from 1 to 65535/,
      code: 'OPTION_INVALID',
    },
    {
      services: "redis: redis({ version: 'banana' })",
      first: /redis: version "banana" is no version/,
      code: 'VERSION_UNSUPPORTED',
    },
    {
      services: "redis: redis({ version: '5' })",
      first: /redis: version "5" is older than redis 6\.2/,
      code: 'VERSION_UNSUPPORTED',
    },
    { services: '', first: /The config names no services: add at least one/, code: 'CONFIG_INVALID' },
    {
      services: 'postgres: postgres()',
      rest: 'lanez: 3',
      first: /unknown option "lanez"; did you mean "lanes"/,
      code: 'OPTION_INVALID',
    },
    {
      services: "'my db': postgres()",
      first: /service names must be letters, digits, dashes, underscores/,
      code: 'OPTION_INVALID',
    },
    { services: 'env: postgres()', first: /"services\.env".*a lane has something else/, code: 'OPTION_INVALID' },
    {
      services: 'postgres: postgres()',
      rest: "runtime: 'podman'",
      env: { ISOLANE_RUNTIME: '' },
      first: /There is no runtime "podman": .*native/,
      code: 'RUNTIME_UNSUPPORTED',
    },
    {
      env: { ISOLANE_LANES: 'many' },
      first: /environment: option "ISOLANE_LANES" is invalid: must be a whole number/,
      code: 'OPTION_INVALID',
    },
  ])('$services $rest $env', expectRefused)
})

describe('configs', () => {
  test.each<Case & { readonly name: string }>([
    {
      name: 'a syntax error',
      files: { 'isolane.config.ts': 'export default {\n  services: {,\n}\n' },
      first: /project\/isolane\.config\.ts could not be loaded: /,
      code: 'CONFIG_UNREADABLE',
    },
    {
      name: 'one that throws',
      files: { 'isolane.config.ts': "throw new Error('no DATABASE_HOST')\n" },
      first: /isolane\.config\.ts could not be loaded: no DATABASE_HOST/,
      code: 'CONFIG_UNREADABLE',
      below: [/isolane\.config\.ts:1/],
    },
    {
      name: 'no default export',
      files: { 'isolane.config.ts': 'export const stack = {}\n' },
      first: /isolane\.config\.ts has no default export that is a config/,
      code: 'CONFIG_INVALID',
    },
    {
      name: 'a missing import',
      files: { 'isolane.config.ts': "import x from 'no-such-package'\nexport default x\n" },
      first: /could not be loaded: Cannot find (package|module) 'no-such-package'/,
      code: 'CONFIG_UNREADABLE',
    },
  ])('$name', expectRefused)

  test('none at all', async () => {
    await using sandbox = new Sandbox()
    expectOneError(
      await sandbox.cli(['up']),
      /There is no isolane\.config\.ts in .* or above it: create one/,
      'CONFIG_NOT_FOUND',
    )
  })
})

describe('migrations and seeds', () => {
  test.each<Case & { readonly name: string }>([
    {
      name: 'a missing folder',
      services: "postgres: postgres({ version: '15', migrations: './nowhere' })",
      first: /The migrations path .*project\/nowhere does not exist: /,
      code: 'MIGRATIONS_NOT_FOUND',
    },
    {
      name: 'a folder without SQL',
      services: "postgres: postgres({ version: '15', migrations: './empty' })",
      files: { 'empty/readme.md': '' },
      first: /The folder .*\/empty holds no \.sql files/,
      code: 'MIGRATIONS_NOT_FOUND',
    },
    {
      name: 'SQL that fails',
      files: {
        'migrations/3_broken.sql':
          'CREATE TABLE one (id int);\n\nINSERT INTO one VALUES (1);\nINSERT INTO two\n  VALUES (1);\n',
      },
      first: /3_broken\.sql.*\b4\b.*relation "two" does not exist/,
      code: 'MIGRATION_FAILED',
    },
    {
      name: 'a seed that throws',
      services: "postgres: postgres({ version: '15', seed: async () => { throw new Error('no fixtures today') } })",
      first: /The seed function of postgres threw: no fixtures today/,
      code: 'SEED_FAILED',
    },
    {
      name: 'a command that fails',
      services: "postgres: postgres({ version: '15', migrations: { command: 'echo half way; exit 3' } })",
      first: /The migrations command of postgres, `echo half way; exit 3`, failed \(exit code 3\)/,
      code: 'MIGRATION_FAILED',
      below: [/^ {2}half way$/m],
    },
  ])('$name', expectRefused)
})

test('a stack that can not be brought up in the background says so as plainly', async () => {
  await using sandbox = new Sandbox({
    files: { ...postgresProject(), 'migrations/3_broken.sql': 'INSERT INTO two VALUES (1);' },
  })
  expectOneError(await sandbox.cli(['up']), /3_broken\.sql.*relation "two" does not exist/, 'MIGRATION_FAILED')
  expect((await sandbox.cli(['status'])).code).toBe(3)
  await sandbox.expectNothingLeft()
})

describe('machines', () => {
  test('a port that is taken: by whom', async () => {
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const { port } = taken.address() as { port: number }
    await expectRefused({
      services: `postgres: postgres({ version: '15', port: ${port} })`,
      first: new RegExp(`Port ${port} for postgres is taken by pid ${process.pid} \\(.+\\): end that program`),
      code: 'PORT_TAKEN',
    })
    taken.close()
  })

  test('no Java', async () => {
    await using sandbox = new Sandbox({ files: { 'isolane.config.ts': config("neo4j: neo4j({ version: '5.26' })") } })
    const result = await withoutJava(sandbox)
    expectOneError(
      result,
      /neo4j 5\.26 needs Java 17 or newer; found none .*: install a JDK or JRE, .*JAVA_HOME/,
      'JAVA_NOT_FOUND',
    )
    await expect.poll(() => sandbox.leftovers.list(), { timeout: 10_000 }).toEqual([])
  })

  test('no network and no cache: what to run', async () => {
    await using sandbox = new Sandbox({
      files: { 'isolane.config.ts': config("redis: redis({ version: 'valkey@9' })") },
      ownCache: true,
    })
    const nowhere = {
      PIP_INDEX_URL: 'http://127.0.0.1:9/simple',
      PIP_CONFIG_FILE: '/dev/null',
      PIP_EXTRA_INDEX_URL: '',
      PIP_FIND_LINKS: '',
      PIP_NO_INDEX: '',
    }
    const result = await sandbox.cli(['exec', '--', 'echo', 'never'], { env: nowhere })
    expectOneError(
      result,
      /valkey 9 is not on this machine and could not be provided \(.+\): run `isolane install valkey@9` while this machine has network/,
      'ENGINE_INSTALL_FAILED',
    )
    await sandbox.expectNothingLeft()
  })

  test('a state folder that can not be written', async () => {
    await using sandbox = new Sandbox({ files: { ...postgresProject(), file: '' } })
    const env = { ISOLANE_STATE_DIR: join(sandbox.root, 'file', 'state') }
    for (const args of [['exec', '--', 'echo', 'never'], ['up'], ['install', 'postgres@15'], ['gc']]) {
      const first = /The state folder .*\/file\/state.* can't be written \((ENOTDIR|EEXIST)\): set ISOLANE_STATE_DIR/
      expectOneError(await sandbox.cli(args, { env }), first, 'STATE_NOT_WRITABLE')
    }
    expect(sandbox.leftovers.list()).toEqual([])
  })

  test('a cache that can not be written', async () => {
    await using sandbox = new Sandbox({
      files: { 'isolane.config.ts': config("redis: redis({ version: 'valkey@9' })"), file: '' },
    })
    const result = await sandbox.cli(['exec', '--', 'echo', 'never'], {
      env: { ISOLANE_CACHE_DIR: join(sandbox.root, 'file', 'cache') },
    })
    expectOneError(
      result,
      /The cache folder .*\/file\/cache can't be written \((ENOTDIR|EEXIST)\): set ISOLANE_CACHE_DIR/,
      'CACHE_NOT_WRITABLE',
    )
    await sandbox.expectNothingLeft()
  })

  test.skipIf(!isRoot)('a cache on a read-only disk (needs root, who can mount one)', async () => {
    await using sandbox = new Sandbox({
      files: { 'isolane.config.ts': config("redis: redis({ version: 'valkey@9' })") },
    })
    using disk = mounted(join(sandbox.base, 'disk'), 'ro')
    const result = await sandbox.cli(['exec', '--', 'echo', 'never'], { env: { ISOLANE_CACHE_DIR: disk.folder } })
    expectOneError(
      result,
      /The cache folder .*\/disk can't be written \(EROFS\): set ISOLANE_CACHE_DIR/,
      'CACHE_NOT_WRITABLE',
    )
    await sandbox.expectNothingLeft()
  })

  test.skipIf(!isRoot)('a disk that is full (needs root, who can mount a small one)', async () => {
    await using sandbox = new Sandbox({
      files: { 'isolane.config.ts': config("redis: redis({ version: 'valkey@9' })") },
    })
    using disk = mounted(join(sandbox.base, 'disk'), 'size=600k')
    const result = await sandbox.cli(['exec', '--', 'echo', 'never'], { env: { ISOLANE_CACHE_DIR: disk.folder } })
    expectOneError(result, /No space is left below .*\/disk: free some there, or set ISOLANE_CACHE_DIR/, 'DISK_FULL')
    await sandbox.expectNothingLeft()
  })
})

/** Every Java of the machine is out of sight: in JAVA_HOME, on PATH, and in the usual folders too. */
async function withoutJava(sandbox: Sandbox): Promise<CliResult> {
  const env = { PATH: '/nonexistent', JAVA_HOME: '', SDKMAN_DIR: '', HOME: sandbox.root }
  if (!isRoot) return sandbox.cli(['exec', '--', 'echo', 'never'], { env })
  return sandbox.cli(['exec', '--', 'echo', 'never'], { env, hidden: ['/usr/lib/jvm', '/usr/java', '/opt/java'] })
}

function mounted(folder: string, options: string): Disposable & { readonly folder: string } {
  mkdirSync(folder)
  execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder])
  if (!options.includes('ro')) chmodSync(folder, 0o755)
  return { folder, [Symbol.dispose]: () => execFileSync('umount', ['--lazy', folder]) }
}
