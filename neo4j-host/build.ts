/** Compiles the Neo4j host: `node neo4j-host/build.ts [jar]`. Needs a JDK (17 or newer) and Maven. */
import { existsSync } from 'node:fs'
import { copyFile, cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { execa } from 'execa'
import { fingerprint, fingerprintParts } from '../src/core/fingerprint.ts'

const here = import.meta.dirname

/** Writes the host's jar, unless it is there and made from the same sources. */
export async function buildHost(outFile: string): Promise<void> {
  const jar = resolve(outFile)
  const mark = `${jar}.sources`
  const sources = fingerprint(await readFile(join(here, 'pom.xml')), ...(await fingerprintParts(join(here, 'src'))))
  if (existsSync(jar) && (await readFile(mark, 'utf8').catch(() => '')) === sources) return
  // Maven writes beside its sources; two builds at once must not meet there.
  const folder = await mkdtemp(join(tmpdir(), 'isolane-neo4j-host-'))
  try {
    await cp(join(here, 'pom.xml'), join(folder, 'pom.xml'))
    await cp(join(here, 'src'), join(folder, 'src'), { recursive: true })
    await execa('mvn', ['--batch-mode', '--no-transfer-progress', '--quiet', 'package'], { cwd: folder, all: true })
    await mkdir(dirname(jar), { recursive: true })
    await copyFile(join(folder, 'target', 'neo4j-host.jar'), `${jar}.partial`)
    await rename(`${jar}.partial`, jar)
    await writeFile(mark, sources)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

if (import.meta.main) await buildHost(process.argv[2] ?? join(here, '..', 'dist', 'neo4j-host.jar'))
