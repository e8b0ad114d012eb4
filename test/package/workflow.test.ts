/** The project's own workflow: it cannot run here, but what it says of this project can be checked. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { manifest, root } from '../../scripts/package/manifest.ts'

interface Step {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, unknown>>
}

interface Job {
  readonly strategy?: { readonly matrix: { readonly os: readonly string[]; readonly node: readonly number[] } }
  readonly env?: Readonly<Record<string, string>>
  readonly steps: readonly Step[]
}

const { jobs } = parse(readFileSync(join(root, '.github', 'workflows', 'test.yml'), 'utf8')) as {
  readonly jobs: { readonly systems: Job; readonly complete: Job }
}
const { systems, complete } = jobs
const matrixNode = `$\{{ matrix.node }}`
const commands = ({ steps }: Job) => steps.flatMap(({ run }) => run ?? [])

test('every supported Node runs on every system', () => {
  const supported = manifest.engines.node.match(/(?<=[\^=])\d+/g)?.map(Number)
  expect(systems.strategy?.matrix).toEqual({
    os: ['ubuntu', 'macos', 'windows'].map((os) => `${os}-latest`),
    node: supported,
  })
  const node = systems.steps.find(({ uses }) => uses?.startsWith('actions/setup-node@'))
  expect(node?.with?.['node-version']).toBe(matrixNode)
})

test('what Neo4j and the engines need is set up', () => {
  const used = systems.steps.flatMap(({ uses }) => uses?.split('@')[0] ?? [])
  expect(used).toEqual(expect.arrayContaining(['actions/setup-java', 'actions/setup-python']))
})

test('it runs the two commands of the README', () => {
  const [first, , last] = commands(systems)
  expect([first, last]).toEqual(['npm ci', 'npm test'])
  expect(manifest.scripts).toHaveProperty('test')
})

test('the whole suite runs as on our own CI', () => {
  expect(commands(complete)).toEqual(['bash .ci/run'])
  expect(existsSync(join(root, '.ci', 'run'))).toBe(true)
})

test.skipIf(process.platform === 'win32')(
  'the development dependency `node` gives way to the Node of the matrix',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'isolane-workflow-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const programs = join(folder, 'node_modules', '.bin')
    mkdirSync(programs, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{}')
    for (const name of ['node', 'node.cmd', 'node.ps1', 'other'])
      writeFileSync(join(programs, name), 'echo v0', { mode: 0o755 })

    const step = systems.steps.find(({ name }) => name === 'use the Node of the matrix')?.run ?? ''
    const [major = ''] = process.versions.node.split('.')
    const forNode = (version: string) => step.replaceAll(matrixNode, version)
    const options = { cwd: folder, env: { PATH: `${join(process.execPath, '..')}:${process.env.PATH}` }, reject: false }
    expect((await execa('bash', ['-eo', 'pipefail', '-c', forNode(major)], options)).stdout).toBe(process.version)
    expect(readdirSync(programs)).toEqual(['other'])
    expect((await execa('bash', ['-eo', 'pipefail', '-c', forNode('1')], options)).failed).toBe(true)
  },
)
