/** The declarations in a user's project that checks those of packages too, and has none of the optional peers. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../scripts/package/manifest.ts'
import { pack } from '../../scripts/package/pack.ts'

const project = mkdtempSync(join(tmpdir(), 'isolane-types-'))
const require = createRequire(import.meta.url)

const config = `
import { container, defineStack, lease, neo4j, postgres, redis, sqlite } from 'isolane'

export default defineStack({
  services: {
    main: postgres({ version: '17', seed: ({ lane }) => console.log(lane.database) }),
    redis: redis(),
    graph: neo4j(),
    files: sqlite(),
    mail: container({ image: 'mail', ports: { http: 80 }, env: (lane) => ({ MAIL: lane.url + lane.httpPort }) }),
  },
  env: (lane) => ({ MAIN: lane.main.url }),
})

export async function leased(): Promise<string> {
  await using lane = await lease()
  return lane.name
}
`

beforeAll(async () => {
  const { file } = await pack(project)
  const own = join(project, 'node_modules', 'isolane')
  mkdirSync(own, { recursive: true })
  await execa('tar', ['-xzf', file, '--strip-components=1', '-C', own])
  const nodeTypes = dirname(require.resolve('@types/node/package.json'))
  const undiciTypes = dirname(createRequire(join(nodeTypes, 'package.json')).resolve('undici-types/package.json'))
  cpSync(nodeTypes, join(project, 'node_modules', '@types', 'node'), { recursive: true })
  cpSync(undiciTypes, join(project, 'node_modules', 'undici-types'), { recursive: true })
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
  writeFileSync(join(project, 'isolane.config.ts'), config)
})

afterAll(() => rmSync(project, { recursive: true, force: true }))

test.each([
  { module: 'esnext', moduleResolution: 'bundler', types: ['node'] },
  { module: 'nodenext', types: [] },
])('a config compiles with %j', async (options) => {
  const checked = { strict: true, skipLibCheck: false, skipDefaultLibCheck: true, noEmit: true }
  // No disposables in the library: the declarations have to bring them.
  const compilerOptions = { target: 'es2022', lib: ['es2023'], ...checked, ...options }
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['isolane.config.ts'] }))
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = await execa('node', [tsc, '-p', project], { reject: false })
  expect(stdout).toBe('')
})
