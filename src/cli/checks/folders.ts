import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, stateFolder, volatileFolder } from '../../core/folders.ts'
import { type Check, checking, failed, note, ok } from './check.ts'

const mebibyte = 2 ** 20
/** The largest engine with a few saved templates; one server's data. */
const wanted = { cache: 1024 * mebibyte, volatile: 512 * mebibyte }

export async function folderChecks(): Promise<Check[]> {
  const [cache, state] = [cacheFolder(), stateFolder()]
  return [
    ...(await checking('cache folder', () => [folder('cache folder', cache, 'ISOLANE_CACHE_DIR', wanted.cache)])),
    ...(await checking('state folder', () => [folder('state folder', state, 'ISOLANE_STATE_DIR', mebibyte)])),
    ...(await checking('data folder', () => [dataFolder()])),
  ]
}

function folder(name: string, path: string, variable: string, bytes: number): Check {
  const problem = writeProblem(path)
  if (problem)
    return failed(name, `${path} can't be written (${problem})`, `set ${variable} to a folder that this user may write`)
  const free = freeBytes(path)
  const text = `${path}, ${inMebibytes(free)} free`
  if (free >= bytes) return ok(name, text)
  return failed(name, text, `free some space there, or set ${variable} to a folder on a larger disk`)
}

/** Where servers keep their data; in memory they are several times as fast. */
function dataFolder(): Check {
  const path = volatileFolder(2 * wanted.volatile)
  const free = freeBytes(path)
  const inMemory = path.startsWith('/dev/shm')
  const text = `${path}, ${inMebibytes(free)} free, ${inMemory ? 'in memory' : 'on disk'}`
  if (free < wanted.volatile) return failed('data folder', text, 'free some space there')
  if (inMemory || process.platform !== 'linux') return ok('data folder', text)
  return note('data folder', text, 'servers are faster with 1 GiB free in /dev/shm (Docker: `--shm-size=2g`)')
}

function writeProblem(path: string): string | undefined {
  const probe = join(path, `.doctor-${process.pid}`)
  try {
    mkdirSync(path, { recursive: true })
    writeFileSync(probe, '')
    rmSync(probe)
    return undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error)
  }
}

function freeBytes(path: string): number {
  const { bavail, bsize } = statfsSync(path)
  return bavail * bsize
}

function inMebibytes(bytes: number): string {
  return `${Math.floor(bytes / mebibyte)} MiB`
}
