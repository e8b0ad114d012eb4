import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Instance, LaneId, Runtime, SavedStart, ServiceSession, Template } from '../../../src/core/contracts.ts'
import { silent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { createFolderRuntime } from '../../../src/runtimes/folder/index.ts'
import { type SqliteLane, type SqliteOptions, sqlite } from '../../../src/services/sqlite/index.ts'

/** A project's folder with its runtime; gone when disposed. */
export class Ground implements Disposable {
  readonly root = mkdtempSync(join(tmpdir(), 'isolane-sqlite-test-'))
  readonly run = new Run(join(this.root, 'runs'), this.root)
  readonly runtime: Runtime = createFolderRuntime({ run: this.run, cacheFolder: this.root, report: silent })

  write(name: string, text: string): string {
    const file = join(this.root, name)
    writeFileSync(file, text)
    return file
  }

  [Symbol.dispose](): void {
    this.run.end()
    rmSync(this.root, { recursive: true, force: true })
  }
}

export interface Opened extends AsyncDisposable {
  readonly instance: Instance
  readonly session: ServiceSession<SqliteLane>
  readonly template: Template
}

/** A session as the stack opens it, prepared. @param start what lanes begin with instead */
export async function open(ground: Ground, options: SqliteOptions, start?: SavedStart): Promise<Opened> {
  const { service, options: checked } = sqlite(options)
  const { signal } = new AbortController()
  const context = { name: 'db', root: ground.root, maximumLanes: 4, report: silent, signal }
  const credentials = { username: 'isolane_admin', password: 'unused' }
  const template = await service.template(checked, context)
  const instance = await ground.runtime.start(service.spec(checked, { ...context, credentials }), { signal })
  const session = await service.open(instance, checked, context)
  const close = async () => {
    await session[Symbol.asyncDispose]()
    await instance[Symbol.asyncDispose]()
  }
  try {
    const { snapshots } = session
    if (!start) await session.prepare(template)
    else if (snapshots && 'prepareFrom' in snapshots) await snapshots.prepareFrom?.(template, start)
    return { instance, session, template, [Symbol.asyncDispose]: close }
  } catch (error) {
    await close()
    throw error
  }
}

export function laneId(number: number): LaneId {
  return { number, name: `lane-${number}` }
}

/** A connection as a test would open it; closed when disposed. */
export function connect(lane: SqliteLane): DatabaseSync & Disposable {
  const database = new DatabaseSync(lane.file)
  return Object.assign(database, { [Symbol.dispose]: () => database.isOpen && database.close() })
}

export function names(database: DatabaseSync): unknown[] {
  return database
    .prepare('SELECT name FROM item ORDER BY id')
    .all()
    .map(({ name }) => name)
}
