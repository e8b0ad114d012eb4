import { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Plain } from './contracts.ts'
import { makeStateFolder } from './folders.ts'
import { identify, isAlive, type ProcessIdentity, self } from './process-identity.ts'

/** Carried by every process we start, and so by its children: how a sweep knows them when nothing else does. */
export const runLabel = 'ISOLANE_RUN'

/**
 * Something a run made that must not outlive it. `kind` tells a runtime whether it knows how to remove it; common ones
 * are `process` (with `identity` and `stopSignal`) and `folder` (with `folder`, its path). `runtime` names the runtime
 * whose sweep removes it, when that is not one that always sweeps.
 */
export interface Resource {
  readonly kind: string
  /** For people: `postgres server, pid 4711`. */
  readonly what: string
  readonly [field: string]: Plain | undefined
}

export interface Registration {
  /** Replaces the record, e.g. once the process behind a folder is known. */
  update(resource: Resource): void
  /** The resource is gone. */
  release(): void
}

/** A run's record as another process finds it. */
export interface RunRecord {
  readonly id: string
  readonly owner: ProcessIdentity
  readonly project: string
  readonly createdAt: string
  readonly resources: readonly { readonly resource: Resource; release(): void }[]
  readonly alive: boolean
  /** Forgets the run; only when every resource is released. */
  forget(): void
}

/**
 * One process's use of Isolane. Everything it starts is written to the state folder before (or in the same tick as) it
 * exists, synchronously, so that a later run can remove what a killed one left.
 */
export class Run {
  readonly id: string
  readonly folder: string
  /** The folder of the project whose run this is. */
  readonly project: string
  #count = 0

  /** @param runsFolder `<state folder>/runs` */
  constructor(runsFolder: string, project: string) {
    this.id = randomBytes(6).toString('hex')
    this.folder = join(runsFolder, this.id)
    this.project = project
    const partial = `${this.folder}.${process.pid}.partial`
    makeStateFolder(partial)
    writeAtomically(join(partial, 'run.json'), {
      owner: { ...self },
      project,
      createdAt: new Date().toISOString(),
    })
    renameSync(partial, this.folder)
  }

  register(resource: Resource): Registration {
    this.#count += 1
    const file = join(this.folder, `resource-${String(this.#count).padStart(6, '0')}.json`)
    writeAtomically(file, resource)
    return {
      update: (changed) => writeAtomically(file, changed),
      release: () => rmSync(file, { force: true }),
    }
  }

  /** Forgets the run once all of its resources are released; otherwise leaves the record for a sweep. */
  end(): void {
    if (resourceFiles(this.folder).length === 0) rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Forgets runs whose process was killed before they were on record. */
export function sweepUnrecorded(runsFolder: string): void {
  for (const name of list(runsFolder)) {
    const maker = /\.(\d+)\.partial$/.exec(name)?.[1]
    if (maker && !identify(Number(maker))) rmSync(join(runsFolder, name), { recursive: true, force: true })
  }
}

/** Every run on record, the living and the dead. */
export function readRuns(runsFolder: string): readonly RunRecord[] {
  return recorded(runsFolder).flatMap((id) => {
    const folder = join(runsFolder, id)
    const head = read(join(folder, 'run.json')) as Omit<RunRecord, 'id'> | undefined
    if (!head?.owner) return []
    const resources = resourceFiles(folder).flatMap((file) => {
      const resource = read(join(folder, file)) as Resource | undefined
      return resource ? [{ resource, release: () => rmSync(join(folder, file), { force: true }) }] : []
    })
    return [
      {
        ...head,
        id,
        resources,
        alive: isAlive(head.owner),
        forget: () => {
          if (resourceFiles(folder).length === 0) rmSync(folder, { recursive: true, force: true })
        },
      },
    ]
  })
}

function resourceFiles(folder: string): string[] {
  return list(folder).filter((name) => name.startsWith('resource-') && name.endsWith('.json'))
}

function recorded(runsFolder: string): string[] {
  return list(runsFolder).filter((name) => !name.endsWith('.partial'))
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder).sort()
  } catch {
    return []
  }
}

function read(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

function writeAtomically(file: string, value: Plain | object): void {
  const partial = `${file}.${process.pid}.partial`
  writeFileSync(partial, JSON.stringify(value), { mode: 0o600 })
  renameSync(partial, file)
}
