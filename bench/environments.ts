/** What memory three environments take: in one stack, and in three of which each holds one. */
import { readFileSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { freePort } from '../test/durability/free-port.ts'
import { places, type Variables } from '../test/durability/places.ts'
import { containersOf, megabytesOf, startNeo4j, startPostgres, startRedis } from './containers.ts'
import type { Row } from './row.ts'

const packageFolder = join(import.meta.dirname, '..')
const target = 0.45
const table = 'CREATE TABLE write (number int PRIMARY KEY, value bytea NOT NULL)'
/** In each service of each environment, so that none is measured before it has ever worked. */
const writes = 300

export async function benchEnvironments(): Promise<Row[]> {
  const native = await inOneStack('native', withLanes)
  const threeNative: number[] = []
  // All three are up when the last one is measured, as their shared pages count once.
  await using stacks = new AsyncDisposableStack()
  for (const name of ['dev', 'test', 'staging']) {
    threeNative.push((await up(`{ ${name}: {} }`, 'native', stacks)).owner)
  }
  const separate = threeNative.reduce((sum, pid) => sum + treeMegabytes(pid), 0)
  await stacks.disposeAsync()
  const containers = await inContainers()
  const against = 'Docker, against three times the containers of postgres:17, redis:7 and neo4j:5.26'
  return [
    row('native, with test lanes, against three stacks of Isolane with one environment each', native, separate),
    row(`${against}, which have no test lanes either`, await inOneStack('docker', withoutLanes), containers),
    row(
      `${against}; with test lanes beside, for which those have nothing`,
      await inOneStack('docker', withLanes),
      containers,
    ),
  ]
}

const withoutLanes = '{ dev: {}, test: {}, staging: {} }'
const withLanes = '{ dev: {}, test: { lanes: true }, staging: {} }'

function row(where: string, ours: number, theirs: number): Row {
  const ratio = ours / theirs
  return {
    what: `memory of dev, test and staging of Postgres, Redis and Neo4j in one stack: ${where}`,
    ours,
    theirs,
    ratio,
    unit: 'MB',
    target: `≤ ${target} ×`,
    reached: ratio <= target,
  }
}

async function inOneStack(runtime: 'native' | 'docker', environments: string): Promise<number> {
  await using stacks = new AsyncDisposableStack()
  const { owner, root } = await up(environments, runtime, stacks)
  // Its processes are all there is of it, or those besides its containers.
  return treeMegabytes(owner) + (runtime === 'docker' ? await megabytesOf(await containersOf(root)) : 0)
}

/** `isolane up` in a project of its own, with some writes in each environment. */
async function up(
  environments: string,
  runtime: string,
  stacks: AsyncDisposableStack,
): Promise<{ owner: number; root: string }> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'isolane-bench-')))
  // Servers that refuse root run as somebody else.
  await chmod(base, 0o755)
  const root = join(base, 'project')
  await mkdir(join(root, 'node_modules'), { recursive: true })
  await mkdir(join(root, 'migrations'))
  await symlink(packageFolder, join(root, 'node_modules', 'isolane'), 'dir')
  await writeFile(join(root, 'package.json'), '{ "type": "module" }')
  await writeFile(join(root, 'migrations', '1.sql'), table)
  const port = async () => `port: ${await freePort()}`
  await writeFile(
    join(root, 'isolane.config.ts'),
    `import { defineStack, neo4j, postgres, redis } from 'isolane'
export default defineStack({
  name: 'tta',
  services: {
    postgres: postgres({ version: '17', migrations: './migrations', ${await port()} }),
    redis: redis({ ${await port()} }),
    neo4j: neo4j({ version: '5.26', ${await port()} }),
  },
  environments: ${environments},
})
`,
  )
  const isolane = (...words: string[]) =>
    execa('node', [join(packageFolder, 'dist', 'cli.js'), ...words], {
      cwd: root,
      env: { ISOLANE_RUNTIME: runtime, ISOLANE_STATE_DIR: join(base, 'state'), CI: '' },
    })
  stacks.defer(async () => {
    await isolane('down', '--data', '--yes')
    await rm(base, { recursive: true, force: true })
  })
  await isolane('up', '--workers', '2')
  const { owner, environments: held } = JSON.parse((await isolane('status', '--json')).stdout)
  for (const { name } of held) {
    const told = 'process.stdout.write(JSON.stringify(process.env))'
    await use(JSON.parse((await isolane('exec', '--env', name, '--', process.execPath, '-e', told)).stdout))
  }
  return { owner: owner.pid, root }
}

async function inContainers(): Promise<number> {
  await using stacks = new AsyncDisposableStack()
  const ids: string[] = []
  for (const _environment of [1, 2, 3]) {
    const [postgres, redis, neo4j] = await Promise.all([startPostgres(), startRedis(), startNeo4j()])
    for (const container of [postgres, redis, neo4j]) {
      stacks.defer(async () => void (await container.stop()))
      ids.push(container.getId())
    }
    await use({
      DATABASE_URL: await withTable(postgres.getConnectionUri()),
      REDIS_URL: redis.getConnectionUrl(),
      NEO4J_URI: neo4j.getBoltUri(),
      NEO4J_USER: neo4j.getUsername(),
      NEO4J_PASSWORD: neo4j.getPassword(),
      NEO4J_DATABASE: 'neo4j',
    })
  }
  return await megabytesOf(ids)
}

async function withTable(url: string): Promise<string> {
  const { default: pg } = await import('pg')
  const client = new pg.Client(url)
  await client.connect()
  await client.query(table)
  await client.end()
  return url
}

async function use(env: Variables): Promise<void> {
  for (const open of Object.values(places)) {
    await using place = await open(env)
    for (let number = 0; number < writes; number += 1) await place.write(number, Buffer.alloc(512, number))
  }
}

/** Of a process and all that it has started: their proportional share, so that shared pages count once. */
function treeMegabytes(pid: number): number {
  const share = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean)
  return children.reduce((sum, child) => sum + treeMegabytes(Number(child)), Number(share?.[1] ?? 0) / 1024)
}
