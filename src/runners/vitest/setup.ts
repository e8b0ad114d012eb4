import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { configOf, runtimes } from '../../builtin.ts'
import { messageOf } from '../../core/errors.ts'
import { nowhereEnvironment } from '../../core/lane-environment.ts'
import { setRunVariables, takeBackRunVariables, withOriginalVariables } from '../../core/run-variables.ts'
import { type SharedStack, shareStack } from '../../core/shared-stack.ts'
import type { StackStatus } from '../../core/stack.ts'
import type { StackHandle } from '../../core/stack-handle.ts'
import { afterRunOf } from '../../snapshots/after-run.ts'
import { announce, runnerLines } from '../announce.ts'
import type { PluginApi } from './plugin.ts'
import type { ProvidedIsolane } from './provided.ts'
import { tellResults } from './results.ts'

/** Runners end their process without telling; what is up then ends with it. */
const neverAborted = new AbortController().signal

/** Milliseconds: one minute more than a run waits for its snapshot, for what it says and does after that. */
const savingTimeout = 660_000

/**
 * Vitest's global set-up: has the stack up before tests load, and tells workers where to lease their lanes.
 * @returns the tear-down: the stack is stopped with the last project that used it.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  try {
    const { handle, leave } = await withOriginalVariables(() => open(project))
    const status = await handle.status()
    announce(status, handle)
    project.provide('isolane', describe(handle, status))
    return leave
  } catch (error) {
    // Vitest marks a set-up that threw as done, so a rerun in watch mode would go on without databases.
    project.provide('isolane', { failure: messageOf(error), runtime: '', mode: '', attached: false, services: {} })
    throw error
  }
}

async function open(project: TestProject): Promise<SharedStack> {
  const { options: inline, folder = project.config.root, versions } = pluginOf(project)
  const config = await configOf(resolve(folder), inline, versions)
  const afterRun = afterRunOf(config, runnerLines)
  const options = { config, runtimes, workers: workersOf(project), report: runnerLines, signal: neverAborted }
  const { handle, leave } = await shareStack({ ...options, ...(afterRun ? { afterRun } : {}) }, project)
  if (afterRun) allowForSaving(project)
  setRunVariables(project, nowhereEnvironment(config))
  return {
    handle,
    leave: async () => {
      takeBackRunVariables(project)
      try {
        tellResults(project.vitest)
      } finally {
        await leave()
      }
    },
  }
}

/** At the end of watch mode Vitest gives tear-down no more time than this. */
function allowForSaving({ vitest: { config } }: TestProject): void {
  if (config.watch) config.teardownTimeout = Math.max(config.teardownTimeout, savingTimeout)
}

/** Set up by hand there is none. */
function pluginOf(project: TestProject): PluginApi {
  const plugin = project.vite.config.plugins.findLast(({ name }) => name === 'isolane')
  return (plugin?.api as PluginApi | undefined) ?? { options: undefined }
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

function describe(handle: StackHandle, status: StackStatus): ProvidedIsolane {
  return {
    source: handle.source,
    runtime: status.runtime,
    mode: status.mode,
    attached: handle.attached,
    services: Object.fromEntries(status.services.map(({ name, kind, version }) => [name, { kind, version }])),
  }
}
