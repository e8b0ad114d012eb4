import { configOf, runtimes } from '../../builtin.ts'
import type { ResolvedConfig } from '../../core/config.ts'
import { nowhereEnvironment } from '../../core/lane-environment.ts'
import { setRunVariables, takeBackRunVariables, withOriginalVariables } from '../../core/run-variables.ts'
import { type SharedStack, shareStack } from '../../core/shared-stack.ts'
import { sourceVariable } from '../../core/source-variable.ts'
import { stackFingerprint } from '../../core/stack-fingerprint.ts'
import { afterRunOf } from '../../snapshots/after-run.ts'
import { announce, runnerLines } from '../announce.ts'
import type { StackOfRun } from './run-config.ts'

/** Jest ends its process without telling; what is up then ends with it. */
const neverAborted = new AbortController().signal

export interface RunOptions {
  readonly workers: number
  /** Jest ends its watch mode without telling, so there is no moment to save anything. */
  readonly watches: boolean
}

/** The stacks that are up, by fingerprint. In watch mode they stay up from one cycle to the next. */
const open = new Map<string, SharedStack>()

/**
 * Has these stacks up, and no others: those of the last cycle that are wanted again are used on. Workers are told through
 * the environment they inherit.
 */
export function openStacks(stacks: readonly StackOfRun[], options: RunOptions): Promise<void> {
  return withOriginalVariables(() => openAll(stacks, options))
}

async function openAll(stacks: readonly StackOfRun[], options: RunOptions): Promise<void> {
  const wanted = await Promise.all(
    stacks.map(async ({ id, folder, stack }) => {
      const config = await configOf(folder, stack)
      return { id, config, fingerprint: await stackFingerprint(config, neverAborted) }
    }),
  )
  await closeStacks(wanted.map(({ fingerprint }) => fingerprint))
  for (const { id, config, fingerprint } of wanted) {
    const { handle } = open.get(fingerprint) ?? (await openStack(config, fingerprint, options))
    setRunVariables(fingerprint, { ...nowhereEnvironment(config), ...sourceVariable(handle.source, id) })
  }
}

/** @param kept the fingerprints of those that stay up */
export async function closeStacks(kept: readonly string[] = []): Promise<void> {
  const leaving = [...open].filter(([fingerprint]) => !kept.includes(fingerprint))
  for (const [fingerprint] of leaving) {
    open.delete(fingerprint)
    takeBackRunVariables(fingerprint)
  }
  await Promise.all(leaving.map(([, stack]) => stack.leave()))
}

async function openStack(
  config: ResolvedConfig,
  fingerprint: string,
  { workers, watches }: RunOptions,
): Promise<SharedStack> {
  const afterRun = watches ? undefined : afterRunOf(config, runnerLines)
  const options = { config, runtimes, workers, report: runnerLines, signal: neverAborted }
  const stack = await shareStack({ ...options, ...(afterRun ? { afterRun } : {}) }, Symbol())
  open.set(fingerprint, stack)
  announce(await stack.handle.status(), stack.handle)
  return stack
}
