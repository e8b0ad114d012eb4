/**
 * `node test/images/build.ts [image…]`: provides the images of the Docker tests. Pulls the real ones; where no registry
 * can be reached, builds stand-ins with their names (README.md). Leaves alone what is there and up to date.
 */
import { createHash } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { cacheFolder } from '../../src/core/folders.ts'
import { plainLines } from '../../src/core/report.ts'
import { withLock } from '../../src/runtimes/native/engines/lock.ts'
import { installEngine } from '../../src/runtimes/native/index.ts'
import { baseInputs, provideBase } from './base.ts'
import { docker, presentImage, removeReplaced, standInLabel } from './docker.ts'
import { type TestImage, testImages } from './list.ts'

/** Apart from everyone else's: what must not be looked for on this machine goes by its package's version. */
const engines = join(cacheFolder(), 'test-images')

const wanted = process.argv.slice(2)
const unknown = wanted.filter((name) => !testImages.some((image) => image.name === name))
if (unknown.length > 0) throw new Error(`there is no test image ${unknown.join(', ')}`)

let registry = true
// Two at once would take each other's layers away. The engine is the machine's, so the lock is too.
await withLock(join(tmpdir(), 'isolane-test-images'), 'build', undefined, async () => {
  for (const image of testImages) {
    if (wanted.length === 0 || wanted.includes(image.name)) await provideImage(image)
  }
})

async function provideImage(image: TestImage): Promise<void> {
  const before = await presentImage(image.name)
  // A real image is never overwritten.
  if (before?.label === '') return
  if (!before && (await pull(image.name))) return
  const engine = image.engine && (await installEngine(image.engine, { cacheFolder: engines, report: plainLines }))
  const inputs = await hash(image, engine?.version)
  if (before?.label === inputs) return
  await provideBase()
  const folder = await mkdtemp(join(tmpdir(), 'isolane-test-image-'))
  try {
    await cp(join(import.meta.dirname, image.folder), folder, { recursive: true })
    if (engine) await cp(engine.folder, join(folder, 'engine'), { recursive: true, verbatimSymlinks: true })
    const settings = Object.entries(image.buildArguments ?? {}).flatMap(([name, value]) => [
      '--build-arg',
      `${name}=${value}`,
    ])
    await docker('build', '--quiet', '--tag', image.name, '--label', `${standInLabel}=${inputs}`, ...settings, folder)
    await removeReplaced(before, image.name)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  console.log(`${image.name}: a stand-in is built${engine ? ` with ${engine.name} ${engine.version}` : ''}`)
}

/** `false` when it can't be had. One failure is enough to know that there is no registry. */
async function pull(name: string): Promise<boolean> {
  if (!registry) return false
  const { failed, stderr } = await execa('docker', ['pull', '--quiet', name], { reject: false, timeout: 600_000 })
  console.log(failed ? `${name} can't be pulled: ${stderr.trim().split('\n').at(-1)}` : `${name}: pulled`)
  registry = !failed
  return registry
}

/** Names everything that makes a stand-in. */
async function hash(image: TestImage, engineVersion = ''): Promise<string> {
  const folder = join(import.meta.dirname, image.folder)
  const sum = createHash('sha256').update(JSON.stringify([baseInputs, engineVersion, image.buildArguments]))
  for (const file of (await readdir(folder)).toSorted()) sum.update(file).update(await readFile(join(folder, file)))
  return sum.digest('hex')
}
