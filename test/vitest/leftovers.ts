/** What runs of one state folder have left on this machine. */
import { mkdirSync, readdirSync, readFileSync, readlinkSync, watch } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readRuns } from '../../src/core/run.ts'

export class Leftovers implements Disposable {
  readonly #stateFolder: string
  /** Every run there ever was: a run that ended well leaves no record to learn its id from. */
  readonly #runs = new Set<string>()
  readonly #watcher

  /** Make it before the first run. */
  constructor(stateFolder: string) {
    this.#stateFolder = stateFolder
    const runs = join(stateFolder, 'runs')
    mkdirSync(runs, { recursive: true })
    this.#watcher = watch(runs, { persistent: false }, (_event, name) => {
      const id = name?.split('.')[0]
      if (id) this.#runs.add(id)
    })
  }

  /** How many runs have been seen: a check for leftovers of no run at all would be worth nothing. */
  get runCount(): number {
    return this.#runs.size
  }

  list(): string[] {
    const records = readRuns(join(this.#stateFolder, 'runs')).flatMap(({ id, resources }) => [
      `record of run ${id}`,
      ...resources.map(({ resource }) => `resource: ${resource.what}`),
    ])
    const up = names(join(this.#stateFolder, 'up')).filter((name) => name.endsWith('.json'))
    const stacks = up.map((name) => `a stack that is up: ${name}`)
    const processes = this.processes().map(({ pid, command }) => `process ${pid}: ${command}`)
    return [...records, ...stacks, ...processes, ...this.#folders()]
  }

  /**
   * Processes that carry a run's label or the state folder in their environment, or are at work in a run's folder: Redis
   * writes its title over its environment. Only Linux shows these.
   */
  processes(): { pid: number; command: string }[] {
    if (process.platform !== 'linux') return []
    const labels = [`ISOLANE_STATE_DIR=${this.#stateFolder}`, ...[...this.#runs].map((id) => `ISOLANE_RUN=${id}`)]
    return readdirSync('/proc').flatMap((pid) => {
      if (!/^\d+$/.test(pid)) return []
      const environment = read(`/proc/${pid}/environ`).split('\0')
      const folder = workingFolder(pid)
      const isOurs =
        labels.some((label) => environment.includes(label)) || [...this.#runs].some((id) => folder.includes(`/${id}-`))
      if (!isOurs || isZombie(pid)) return []
      return [{ pid: Number(pid), command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').slice(0, 200) }]
    })
  }

  [Symbol.dispose](): void {
    this.#watcher.close()
  }

  #folders(): string[] {
    const own = `isolane-${process.getuid?.() ?? 'user'}`
    return [join('/dev/shm', own), join(tmpdir(), own)].flatMap((parent) =>
      names(parent)
        .filter((name) => [...this.#runs].some((id) => name.includes(id)))
        .map((name) => `folder ${join(parent, name)}`),
    )
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch {
    return ''
  }
}

function workingFolder(pid: string): string {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}

/** Ended, but its parent has not looked yet. */
function isZombie(pid: string): boolean {
  return /^State:\s+[ZX]/m.test(read(`/proc/${pid}/status`))
}
