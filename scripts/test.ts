/** `npm test`: the checks, the build and every test this machine can run. Its last line counts them. */
import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { isCi } from '../src/core/config-check.ts'
import { run } from './run.ts'

interface Assertion {
  readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo' | 'disabled'
  readonly fullName: string
}

interface Results {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly success: boolean
  readonly testResults: readonly { readonly name: string; readonly assertionResults: readonly Assertion[] }[]
}

/** What the tests run on. */
const engines = [
  ...['postgres@13', 'postgres@15', 'postgres@16', 'postgres@17', 'postgres@18'],
  ...['valkey@9', 'redis@6.2', 'redis@7', 'neo4j@5.26', 'neo4j@2026'],
]

/** Ahead of the tests, so that none of them waits for a download. What can't be had is said, and its tests tell. */
async function provideEngines(): Promise<void> {
  for (const engine of engines) await run('node', 'dist/cli.js', 'install', engine)
}

/** The images of the Docker tests, or stand-ins for them: minutes on a new machine, so beside all else. */
async function provideImages(): Promise<void> {
  const { failed } = await execa('docker', ['version'], { reject: false, timeout: 20_000 })
  if (failed) console.log('\nDocker does not answer: its tests are skipped.')
  else await run('node', 'test/images/build.ts')
}

const folder = await mkdtemp(join(tmpdir(), 'isolane-test-'))
const outputFile = join(folder, 'results.json')
const images = provideImages()
const checked = await run('node', 'scripts/check.ts')
const built = await run('node', 'scripts/build.ts')
if (built) await provideEngines()
await images
if (built) {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${outputFile}`]
  await run('vitest', 'run', ...reporters, ...process.argv.slice(2))
}

const results = existsSync(outputFile) ? (JSON.parse(readFileSync(outputFile, 'utf8')) as Results) : undefined
await rm(folder, { recursive: true, force: true })

const skipped = (results?.testResults ?? []).flatMap(({ assertionResults }) =>
  assertionResults.filter(({ status }) => status !== 'passed' && status !== 'failed').map(({ fullName }) => fullName),
)
if (skipped.length > 0) console.log(`\nSKIPPED on this machine:\n${skipped.map((name) => `  ${name}\n`).join('')}`)

// The checks count as one test; so does a run that broke outside any test.
const brokeOutside = !results || (!results.success && results.numFailedTests === 0)
const passed = (results?.numPassedTests ?? 0) + Number(checked)
const failed = (results?.numFailedTests ?? 0) + Number(!checked) + Number(brokeOutside)
const failing = failed > 0 || (isCi() && skipped.length > 0)
if (isCi() && skipped.length > 0) console.log('On CI a skipped test is a failure.')
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`)
process.exitCode = failing ? 1 : 0
