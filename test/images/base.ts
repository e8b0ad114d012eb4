/** What every stand-in is built on: a small Debian with all the programs they need, as containers may have no network. */
import { createHash } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { execa } from 'execa'
import { docker, presentImage, removeReplaced, standInLabel } from './docker.ts'

const suite = 'bookworm'
const packages = [
  ...['ca-certificates', 'procps', 'tini'],
  ...['postgresql-client-15', 'redis-server', 'openjdk-17-jre-headless', 'python3-minimal', 'libpython3-stdlib'],
]
/** Half of the size, and nothing that runs needs it. */
const leftOut = [
  ...['./proc/*', './sys/*', './dev/*', './tmp/*', './var/cache/apt/*', './var/lib/apt/lists/*'],
  ...['./usr/share/doc/*', './usr/share/man/*', './usr/share/locale/*'],
]

/** Every Dockerfile's FROM. */
const base = 'isolane-test-base:bookworm'
export const baseInputs = createHash('sha256')
  .update(JSON.stringify([suite, packages, leftOut]))
  .digest('hex')

/** Takes about a minute when it is not there; needs root and `debootstrap`. */
export async function provideBase(): Promise<void> {
  const before = await presentImage(base)
  if (before?.label === baseInputs) return
  if (process.getuid?.() !== 0) throw new Error(`${base} can be made by root only`)
  if ((await execa('debootstrap', ['--version'], { reject: false })).failed) {
    throw new Error(`${base} can't be made: debootstrap is not installed`)
  }
  const begun = performance.now()
  const folder = await mkdtemp(join(tmpdir(), 'isolane-test-base-'))
  try {
    await execa(
      'debootstrap',
      ['--variant=minbase', `--include=${packages.join(',')}`, suite, join(folder, 'root'), ...(await mirror())],
      { env: await proxy(), all: true },
    )
    const archive = join(folder, 'base.tar')
    await execa('tar', [
      ...leftOut.map((path) => `--exclude=${path}`),
      ...['-C', join(folder, 'root'), '-cf', archive, '.'],
    ])
    await docker('import', '--change', `LABEL ${standInLabel}=${baseInputs}`, archive, base)
    await removeReplaced(before, base)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  console.log(`${base}: made from Debian ${suite} in ${Math.round((performance.now() - begun) / 1000)} s`)
}

/** Where this machine's own packages come from; nothing where apt does not know, and `debootstrap` takes its default. */
async function mirror(): Promise<string[]> {
  const format = '$(RELEASE) $(COMPONENT) $(REPO_URI)'
  const { stdout } = await execa('apt-get', ['indextargets', '--format', format, 'Created-By: Packages'])
  const sources = stdout.split('\n').map((line) => line.split(' '))
  const [, , address] = sources.find(([release, component]) => release === suite && component === 'main') ?? []
  return address ? [address] : []
}

/** `debootstrap` does not read apt's settings. */
async function proxy(): Promise<Record<string, string>> {
  const { stdout } = await execa('apt-config', ['dump', '--format', '%v', 'Acquire::http::Proxy'])
  return stdout.trim() === '' ? {} : { http_proxy: stdout.trim() }
}
