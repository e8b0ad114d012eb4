import { mkdirSync, rmSync, symlinkSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { packageFolder, readText } from '../cli/sandbox.ts'
import { freePort } from '../durability/free-port.ts'
import { long } from '../long.ts'
import { UsedProject } from './used-project.ts'

const timeout = 180_000
const page = readText(join(packageFolder, 'docs', 'recovery.md'))

/** The commands of each section, in their order. */
const sections = page
  .split(/^## /m)
  .slice(1)
  .map((text) => ({ title: text.split('\n')[0] ?? '', commands: blocks(text, 'sh').join('') }))

let project: UsedProject
/** Where the commands run: another state folder is another machine. */
let stateFolder: string
let holder: Server | undefined
const ports = { postgres: 0, redis: 0 }

beforeAll(async () => {
  if (long) return
  for (const name of ['postgres', 'redis'] as const) ports[name] = await freePort()
  project = new UsedProject({
    files: { 'isolane.config.ts': ofPage(), 'migrations/1_cities.sql': 'CREATE TABLE city (name text PRIMARY KEY);\n' },
  })
  mkdirSync(join(project.root, 'node_modules', '.bin'))
  symlinkSync(join(packageFolder, 'dist', 'cli.js'), join(project.root, 'node_modules', '.bin', 'isolane'))
  stateFolder = project.stateFolder
})

afterAll(async () => {
  holder?.close()
  if (!project) return
  if (stateFolder !== project.stateFolder) await shell('isolane down')
  await project.cli(['down'])
  await project[Symbol.asyncDispose]()
}, timeout)

/** What goes wrong before the commands of a section are run, and what else has come of it after them. */
const scenarios: Readonly<Record<string, { spoil(): Promise<unknown>; afterwards?(): Promise<unknown> }>> = {
  'While all is well': {
    spoil: async () => {
      expect(await project.cli(['up'])).toMatchObject({ code: 0 })
      await project.add('dev', 'Oslo')
      await project.add('staging', 'Bergen')
    },
  },
  'Wiped by mistake': {
    spoil: async () => {
      expect(await project.cli(['wipe', 'dev', '--yes'])).toMatchObject({ code: 0 })
      expect(await project.cities('dev')).toEqual({ postgres: '', redis: '' })
    },
  },
  'Spoilt by a program': { spoil: () => project.clear('dev') },
  'A server was killed': { spoil: async () => kill((await pids()).servers) },
  'The machine crashed': {
    spoil: async () => {
      const { owner, servers } = await pids()
      kill([owner, ...servers])
    },
  },
  // Redis ends when it can't write; Postgres, whose worst this is, goes on.
  'The disk is full': { spoil: async () => kill((await pids()).servers) },
  'A port is taken': {
    spoil: async () => {
      await shell('isolane down')
      holder = await hold(ports.redis)
      const refused = await project.cli(['up'])
      expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('[ISOLANE_PORT_TAKEN]') })
      expect(refused.stderr).toContain(`Port ${ports.redis} for redis is taken by pid ${process.pid}`)
      ports.redis = await freePort()
      project.write('isolane.config.ts', ofPage())
    },
    afterwards: async () => {
      expect(await project.variables('dev', stateFolder)).toMatchObject({ REDIS_PORT: String(ports.redis) })
      expect(readText(join(project.root, '.env.dev'))).toContain(`REDIS_PORT=${ports.redis}\n`)
    },
  },
  'The stack was started from another config': {
    spoil: async () => {
      project.write('isolane.config.ts', ofPage().replace('dev: {}, test', 'demo: {}, test'))
      expect(await project.cli(['up'])).toMatchObject({ code: 0, stdout: expect.stringContaining('its data stay') })
      project.write('isolane.config.ts', ofPage())
    },
  },
  'The state folder is gone': {
    spoil: async () => {
      await shell('isolane down')
      rmSync(stateFolder, { recursive: true })
    },
    afterwards: async () => {
      expect(await project.cli(['snapshot', 'staging'])).toMatchObject({ code: 0 })
      const restoring = project.start(['snapshot', 'restore', '../backups/staging.tar', '--into', 'staging'], {
        terminal: true,
      })
      await restoring.says(/to go on:/)
      restoring.type('staging\r')
      expect(await restoring.ended, restoring.output).toMatchObject({ code: 0 })
    },
  },
  'To another machine': {
    spoil: async () => {
      await shell('isolane down')
      stateFolder = join(project.base, 'another-machine')
    },
  },
}

test('each thing that can go wrong has its commands', () => {
  expect(sections.map(({ title }) => title)).toEqual(Object.keys(scenarios))
  expect(sections.filter(({ commands }) => commands === '')).toEqual([])
})

for (const [index, { title, commands }] of sections.entries()) {
  test.skipIf(long)(`${title}: the commands of the page bring all back${long}`, { timeout }, async () => {
    const scenario = scenarios[title]
    await scenario?.spoil()
    await shell(commands)
    await scenario?.afterwards?.()
    expect(await project.cities('dev', stateFolder)).toEqual({ postgres: 'Oslo', redis: 'Oslo' })
    const hasStaging = index < sections.length - 1
    const staging = hasStaging ? 'Bergen' : ''
    expect(await project.cities('staging', stateFolder)).toEqual({ postgres: staging, redis: staging })
  })
}

/** As a user types it, off a terminal; the first command that fails ends it. */
async function shell(commands: string): Promise<void> {
  const { exitCode, all } = await execa('bash', ['-euc', `npx() { "$@"; }\n${commands}`], {
    cwd: project.root,
    env: {
      PATH: `${join(project.root, 'node_modules', '.bin')}:${process.env.PATH}`,
      HOME: process.env.HOME,
      NO_COLOR: '1',
      ISOLANE_RUNTIME: 'native',
      ISOLANE_STATE_DIR: stateFolder,
      ISOLANE_CACHE_DIR: project.cacheFolder,
    },
    extendEnv: false,
    reject: false,
    all: true,
    stdin: 'ignore',
  })
  expect(exitCode, `${commands}\n${all}`).toBe(0)
}

/** The page's config, on ports that nobody has. */
function ofPage(): string {
  const [config = ''] = blocks(page, 'ts')
  return config
    .replace('postgres({ ', `postgres({ version: '15', port: ${ports.postgres}, `)
    .replace('redis()', `redis({ port: ${ports.redis} })`)
}

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block)
}

interface Status {
  readonly owner: { readonly pid: number }
  readonly services: readonly { readonly pids: readonly number[] }[]
}

async function pids(): Promise<{ owner: number; servers: readonly number[] }> {
  const { owner, services } = (await project.json(['status', '--json'])).value as Status
  return { owner: owner.pid, servers: services.flatMap((service) => service.pids) }
}

function kill(all: readonly number[]): void {
  for (const pid of all) process.kill(pid, 'SIGKILL')
}

async function hold(port: number): Promise<Server> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const server = createServer().listen(port, '127.0.0.1', resolve)
  await promise
  return server
}
