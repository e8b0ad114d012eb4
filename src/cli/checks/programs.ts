import { execFile } from 'node:child_process'
import { promisify, stripVTControlCharacters } from 'node:util'
import { nativeTools } from '../../builtin.ts'
import { type Check, note, ok } from './check.ts'

const run = promisify(execFile)

/** The registries' clients, with the version of those that are here. */
export interface Programs {
  readonly npm: string | undefined
  readonly pip: string | undefined
  readonly maven: string | undefined
}

export async function findPrograms(): Promise<Programs> {
  const [npm, pip, maven] = await Promise.all([
    firstLine('npm', '--version'),
    firstLine('python3', '-m', 'pip', '--version').then((line) => line ?? firstLine('pip', '--version')),
    firstLine('mvn', '--version'),
  ])
  return { npm, pip, maven }
}

/** Engines on this machine or in the cache need none of these. */
export function programChecks(programs: Programs): Check[] {
  return Object.entries(programs).map(([name, version]) => {
    if (version) return ok(name, version)
    return note(name, 'is not on PATH', 'needed only to provide an engine that is not on this machine')
  })
}

export async function javaChecks(): Promise<Check[]> {
  const { allJavas } = await nativeTools()
  const javas = await allJavas()
  if (javas.length === 0) {
    return [
      note(
        'Java',
        'none in JAVA_HOME, PATH and the usual folders',
        'Neo4j needs 17 or newer, e.g. `apt-get install openjdk-17-jre-headless`',
      ),
    ]
  }
  return javas.map(({ home, version }) => ok('Java', `${version} in ${home}`))
}

async function firstLine(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    // On Windows these are scripts, which only a shell runs; nothing of the line comes from outside.
    const { stdout } = await run(program, args, {
      timeout: 10_000,
      windowsHide: true,
      shell: process.platform === 'win32',
    })
    return stripVTControlCharacters(stdout).split('\n')[0]?.trim() || undefined
  } catch {
    return undefined
  }
}
