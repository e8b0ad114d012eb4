import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { RuntimeContext, Swept } from '../../core/contracts.ts'
import { messageOf } from '../../core/errors.ts'
import { identify, isAlive, type ProcessIdentity } from '../../core/process-identity.ts'
import { type Resource, type RunRecord, readRuns, runLabel } from '../../core/run.ts'
import { endProcess, grace } from './end-process.ts'
import { abandonedPartials, removeFolder } from './engines/staging.ts'
import { claimKind } from './kept-data.ts'
import { abandonedPorts } from './ports.ts'

/** Removes what dead runs left: processes, folders, reservations, half-made cache entries. Safe side by side. */
export async function sweep(context: RuntimeContext, dry: boolean): Promise<readonly Swept[]> {
  const swept: Swept[] = []
  for (const run of deadRuns(dirname(context.run.folder))) {
    swept.push(...(await sweepKind(run, 'process', dry)))
    // What a process of that run started and nobody registered, before the folders it may still write to.
    swept.push(...(await killLabelled(run, dry)))
    swept.push(...(await sweepKind(run, 'folder', dry)))
    // The data themselves stay.
    if (!dry) for (const { resource, release } of run.resources) if (resource.kind === claimKind) release()
    if (!dry) run.forget()
  }
  if (!dry) for (const { file } of abandonedPorts()) rmSync(file, { force: true })
  return [...swept, ...(await sweepCache(context.cacheFolder, dry))]
}

/** Also those that die because what dead runs have started is ended. */
function* deadRuns(runsFolder: string): Iterable<RunRecord> {
  const seen = new Set<string>()
  for (;;) {
    const found = readRuns(runsFolder).filter(({ id, alive }) => !alive && !seen.has(id))
    if (found.length === 0) return
    for (const run of found) seen.add(run.id)
    yield* found
  }
}

async function sweepKind(run: RunRecord, kind: string, dry: boolean): Promise<Swept[]> {
  const mine = run.resources.filter(({ resource }) => resource.kind === kind)
  const results = await Promise.all(
    mine.map(async ({ resource, release }) => {
      const result = await remove(resource, dry)
      if (!dry && (result?.removed ?? true)) release()
      return result
    }),
  )
  return results.filter((result) => result !== undefined)
}

async function remove(resource: Resource, dry: boolean): Promise<Swept | undefined> {
  if (resource.kind === 'process') {
    const identity = resource.identity as unknown as ProcessIdentity
    if (!isAlive(identity)) return undefined
    return attempt('process', resource.what, dry, () =>
      endProcess(
        identity,
        resource.stopSignal as NodeJS.Signals,
        resource.keep === undefined ? grace.forgetful : grace.durable,
      ),
    )
  }
  const folder = String(resource.folder)
  if (!existsSync(folder)) return undefined
  return attempt('folder', folder, dry, () => removeFolder(folder))
}

async function killLabelled(run: RunRecord, dry: boolean): Promise<Swept[]> {
  const registered = new Set(
    run.resources.map(({ resource }) => (resource.identity as { pid?: number } | undefined)?.pid),
  )
  const strangers = processesOf(run.id).filter(({ pid }) => !registered.has(pid))
  return Promise.all(
    strangers.map((identity) =>
      attempt('process', `process of a dead run, pid ${identity.pid}`, dry, () => endProcess(identity, 'SIGKILL', 0)),
    ),
  )
}

/** Processes whose environment carries the run's label. Only Linux shows it. */
function processesOf(runId: string): ProcessIdentity[] {
  if (process.platform !== 'linux') return []
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && carriesLabel(name, `${runLabel}=${runId}`))
    .flatMap((pid) => identify(Number(pid)) ?? [])
}

function carriesLabel(pid: string, label: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1').split('\0').includes(label)
  } catch {
    return false
  }
}

async function sweepCache(cacheFolder: string, dry: boolean): Promise<Swept[]> {
  const folders = ['engines', 'initialised', 'saved', 'warm'].flatMap((name) =>
    abandonedPartials(join(cacheFolder, name)),
  )
  return Promise.all(folders.map((folder) => attempt('partial', folder, dry, () => removeFolder(folder))))
}

async function attempt(kind: string, what: string, dry: boolean, work: () => unknown): Promise<Swept> {
  if (dry) return { kind, what, removed: false }
  try {
    await work()
    return { kind, what, removed: true }
  } catch (error) {
    return { kind, what, removed: false, reason: messageOf(error) }
  }
}
