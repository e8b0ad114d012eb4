/** The declarations in a user's project that checks those of packages too, and has none of the optional peers. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { execa } from 'execa'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../../scripts/package/manifest.ts'
import { pack } from '../../scripts/package/pack.ts'
import { long } from '../long.ts'

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
})

afterAll(() => rmSync(project, { recursive: true, force: true }))

/** A CommonJS package that uses Jest. */
const jestFiles = {
  'package.json': '{ "type": "commonjs" }',
  'jest.config.ts': "import { withIsolane } from 'isolane/jest'\n\nexport default withIsolane({ verbose: true })\n",
  'a.test.ts': `
import { lane, type WorkerLane } from 'isolane/jest/test'

const held: WorkerLane = lane()
export const done: Promise<void> = held.reset()
`,
}

const configFiles = { 'package.json': '{ "type": "module" }', 'isolane.config.ts': config }

const cases: readonly { files: Readonly<Record<string, string>>; options: object; why?: string }[] = [
  { files: configFiles, options: { module: 'nodenext', types: [] } },
  { files: jestFiles, options: { module: 'node16', types: [] }, why: long },
  { files: configFiles, options: { module: 'esnext', moduleResolution: 'bundler', types: ['node'] }, why: long },
  {
    files: { ...jestFiles, 'isolane.config.ts': config },
    options: { module: 'commonjs', moduleResolution: 'node10', ignoreDeprecations: '6.0', types: [] },
    why: long,
  },
]

for (const { files, options, why = '' } of cases) {
  test.skipIf(why)(`configs and tests compile with ${JSON.stringify(options)}${why}`, async () => {
    const checked = { strict: true, skipLibCheck: false, skipDefaultLibCheck: true, noEmit: true }
    // No disposables in the library: the declarations have to bring them.
    const compilerOptions = { target: 'es2022', lib: ['es2023'], ...checked, ...options }
    const names = Object.keys(files).filter((name) => name.endsWith('.ts'))
    for (const [name, text] of Object.entries(files)) writeFileSync(join(project, name), text)
    writeFileSync(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: names }))
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
    const { stdout } = await execa('node', [tsc, '-p', project], { reject: false })
    expect(stdout).toBe('')
  })
}
