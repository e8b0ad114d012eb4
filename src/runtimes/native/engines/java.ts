import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import type { EngineSpec } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { foldersOnPath } from '../../../core/programs.ts'
import { executable } from './find.ts'

const run = promisify(execFile)

export interface Java {
  readonly home: string
  readonly program: string
  /** `17`, `25`. */
  readonly major: number
  readonly version: string
}

/** The lowest Java that fits; ties go to JAVA_HOME, then PATH, then the usual folders. */
export async function findJava(spec: EngineSpec): Promise<Java | undefined> {
  if (!spec.java) return undefined
  const { minimum, maximum = Number.POSITIVE_INFINITY } = spec.java
  const all = await allJavas()
  const fitting = all.filter(({ major }) => major >= minimum && major <= maximum)
  const best = fitting.sort((left, right) => left.major - right.major)[0]
  if (best) return best
  const range = spec.java.maximum ? `${minimum} to ${spec.java.maximum}` : `${minimum} or newer`
  const found = all.map(({ version, home }) => `${version} in ${home}`)
  throw new IsolaneError({
    code: 'ISOLANE_JAVA_NOT_FOUND',
    message: `${spec.name} ${spec.version} needs Java ${range}; found ${found.length > 0 ? found.join(', ') : 'none (JAVA_HOME, PATH and the usual folders)'}`,
    remedy: `install a JDK or JRE, e.g. \`apt-get install openjdk-${minimum}-jre-headless\`, or set JAVA_HOME`,
  })
}

/** Every Java on the machine, for `isolane doctor` too. */
export async function allJavas(): Promise<Java[]> {
  const homes = new Set<string>()
  for (const candidate of candidates()) {
    const program = join(candidate, 'bin', executable('java'))
    if (existsSync(program)) homes.add(realHome(program))
  }
  const javas = await Promise.all([...homes].map(describe))
  return javas.filter((java) => java !== undefined)
}

function candidates(): string[] {
  const fromPath = foldersOnPath()
    .filter((folder) => existsSync(join(folder, executable('java'))))
    .map((folder) => dirname(dirname(realpathSync(join(folder, executable('java'))))))
  const home = process.env.JAVA_HOME ? [process.env.JAVA_HOME] : []
  return [...home, ...fromPath, ...usualFolders()]
}

function usualFolders(): string[] {
  if (process.platform === 'darwin') {
    const brew = ['/opt/homebrew/opt', '/usr/local/opt'].flatMap((folder) => below(folder, /^openjdk/))
    const system = below('/Library/Java/JavaVirtualMachines').map((folder) => join(folder, 'Contents/Home'))
    return [...system, ...brew.map((folder) => join(folder, 'libexec/openjdk.jdk/Contents/Home')), ...sdkman()]
  }
  if (process.platform === 'win32') {
    const programs = process.env.ProgramFiles ?? 'C:\\Program Files'
    const vendors = ['Java', 'Eclipse Adoptium', 'Microsoft', 'Zulu', 'Amazon Corretto', 'BellSoft']
    return vendors.flatMap((vendor) => below(join(programs, vendor)))
  }
  return [...below('/usr/lib/jvm'), ...below('/usr/java'), ...below('/opt/java'), ...sdkman()]
}

function sdkman(): string[] {
  return below(join(homedir(), '.sdkman/candidates/java'))
}

function below(folder: string, names = /./): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => !name.startsWith('.') && names.test(name))
      .map((name) => join(folder, name))
  } catch {
    return []
  }
}

/** JDK 8 keeps its `java` in `jre/bin`; every link is followed, so that one Java is listed once. */
function realHome(program: string): string {
  return dirname(dirname(realpathSync(program)))
}

async function describe(home: string): Promise<Java | undefined> {
  const program = join(home, 'bin', executable('java'))
  const version = fromReleaseFile(home) ?? (await askProgram(program))
  if (!version) return undefined
  const [first = '', second = ''] = version.split(/[.+_-]/)
  const major = Number(first === '1' ? second : first)
  return Number.isInteger(major) ? { home, program, major, version } : undefined
}

/** Reading the file every JDK has saves starting a JVM for its version. */
function fromReleaseFile(home: string): string | undefined {
  try {
    return /^JAVA_VERSION="(.+)"/m.exec(readFileSync(join(home, 'release'), 'utf8'))?.[1]
  } catch {
    return undefined
  }
}

async function askProgram(program: string): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await run(program, ['-version'], { timeout: 10_000, windowsHide: true })
    return /version "(.+?)"/.exec(`${stdout}${stderr}`)?.[1]
  } catch {
    return undefined
  }
}
