import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { runtimes } from '../../builtin.ts'
import type { ResolvedConfig } from '../../core/config.ts'
import { resolveConfig } from '../../core/config-check.ts'
import { loadConfig } from '../../core/config-file.ts'
import { messageOf } from '../../core/errors.ts'
import { nowhereEnvironment } from '../../core/lane-environment.ts'
import { plainLines, type Report } from '../../core/report.ts'
import type { StackStatus } from '../../core/stack.ts'
import { stackFingerprint } from '../../core/stack-fingerprint.ts'
import { openStackHandle, type StackHandle } from '../../core/stack-handle.ts'
import type { PluginApi } from './index.ts'
import type { ProvidedIsolane } from './provided.ts'
import { registry } from './registry.ts'

/** Runners end their process without telling; what is up then ends with it. */
const neverAborted = new AbortController().signal

/**
 * Vitest's global set-up: has the stack up before tests load, and tells workers where to lease their lanes.
 * @returns the tear-down: the stack is stopped with the last project that used it.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    const config = await configOf(project)
    const key = await stackFingerprint(config, neverAborted)
    const handle = await share(key, config, project)
    Object.assign(process.env, nowhereEnvironment(config))
    const status = await handle.status()
    announce(status, handle)
    project.provide('isolane', describe(config, handle, status))
    return () => leave(key, project)
  } catch (error) {
    // Vitest marks a set-up that threw as done, so a rerun in watch mode would go on without databases.
    project.provide('isolane', { failure: messageOf(error), runtime: '', mode: '', attached: false, services: {} })
    throw error
  }
}

async function leave(key: string, project: TestProject): Promise<void> {
  const { stacks } = registry()
  const shared = stacks.get(key)
  if (!shared?.projects.delete(project) || shared.projects.size > 0) return
  stacks.delete(key)
  await (await shared.handle).close()
}

async function configOf(project: TestProject): Promise<ResolvedConfig> {
  const root = resolve(project.config.root)
  const plugin = project.vite.config.plugins.findLast(({ name }) => name === 'isolane')
  const inline = (plugin?.api as PluginApi | undefined)?.options
  if (inline) return resolveConfig(inline, root)
  const loaded = await loadConfig(root)
  return resolveConfig(loaded.config, loaded.root)
}

/** Projects with the same stack use one. */
async function share(key: string, config: ResolvedConfig, project: TestProject): Promise<StackHandle> {
  const { stacks } = registry()
  let shared = stacks.get(key)
  if (!shared) {
    const handle = openStackHandle({
      config,
      runtimes,
      workers: workersOf(project),
      report: runnerLines,
      signal: neverAborted,
    })
    shared = { handle, projects: new Set() }
    stacks.set(key, shared)
    handle.catch(() => stacks.delete(key))
  }
  shared.projects.add(project)
  return shared.handle
}

/** Vitest 3 leaves `maxWorkers` open when it is not set, and has limits of its own for each pool. */
function workersOf(project: TestProject): number {
  const { maxWorkers, poolOptions = {} } = project.vitest.config as WorkerLimits
  const limits = Object.values(poolOptions).flatMap(({ maxForks, maxThreads }) => [maxForks, maxThreads])
  const asked = [maxWorkers, ...limits].map(Number).filter((limit) => limit > 0)
  return asked.length > 0 ? Math.max(...asked) : availableParallelism()
}

interface WorkerLimits {
  readonly maxWorkers?: number | string
  readonly poolOptions?: Readonly<Record<string, { readonly maxForks?: number; readonly maxThreads?: number }>>
}

function describe(config: ResolvedConfig, handle: StackHandle, status: StackStatus): ProvidedIsolane {
  return {
    source: { address: handle.address, reset: config.reset },
    runtime: status.runtime,
    mode: status.mode,
    attached: handle.attached,
    services: Object.fromEntries(status.services.map(({ name, kind, version }) => [name, { kind, version }])),
  }
}

function announce(status: StackStatus, handle: StackHandle): void {
  const services = status.services.map(({ name, kind, version }) =>
    name === kind ? `${kind} ${version}` : `${name} (${kind} ${version})`,
  )
  const where = handle.attached ? 'the stack that is up' : `${status.runtime}, ${status.mode}`
  plainLines({ kind: 'info', subject: 'stack', text: `${services.join(', ')} on ${where}` })
}

/** Between a runner's own lines only what matters is told; the services are announced in one line. */
const runnerLines: Report = (event) => {
  if (event.kind !== 'done' || event.subject === 'engine') plainLines(event)
}
