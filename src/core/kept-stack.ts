import { setTimeout as delay } from 'node:timers/promises'
import { attachTo } from './attached-stack.ts'
import { type BackgroundStack, startBackgroundStack } from './background-stack.ts'
import { isIsolaneError } from './errors.ts'
import { stateFolder } from './folders.ts'
import { stackFingerprint } from './stack-fingerprint.ts'
import type { StackHandle, StackHandleOptions } from './stack-handle.ts'
import { findClaim, type ReadyRecord, type UpKey, type UpRecord, upLogFile } from './up-record.ts'

/** Milliseconds for which a stack may be on record, alive, and not answer: those that are ending do so. */
const patience = 30_000

/** The stack, or why it can't be had. */
export interface KeptStack {
  readonly handle?: StackHandle
  readonly refused?: string
}

/**
 * A stack in a process of its own, so that it can outlive this run: the one that is up, or is just being brought up, else a
 * new one. Where it can't be had, that is told. A start by another run is waited for as long as its process lives.
 */
export async function openKeptStack(options: StackHandleOptions): Promise<KeptStack> {
  const { config, report, signal } = options
  const key = { stateFolder: stateFolder(), root: config.root, name: config.name }
  const fingerprint = await stackFingerprint(config, signal)
  const refuse = (why: string): KeptStack => {
    const what =
      config.keep === 'nothing' ? 'is of this process' : `keeps nothing, in spite of \`keep: '${config.keep}'\``
    report({ kind: 'warning', subject: 'stack', text: `${what}: ${why}` })
    return { refused: why }
  }
  let silent: { readonly pid: number; readonly since: number } | undefined
  let awaited: number | undefined
  for (;;) {
    signal.throwIfAborted()
    const up = findClaim(key)
    if (!up) {
      const started = await start(options, key, fingerprint)
      if (started === 'other config') return refuse('that needs the stack in isolane.config.ts, not inline')
      if (started !== 'taken') {
        const why = config.keep === 'nothing' ? '' : `, for \`keep: '${config.keep}'\``
        report({ kind: 'info', subject: 'stack', text: `brought up in the background${why}` })
        const handle = await attachToOwn(started, key, options)
        return handle ? { handle } : refuse('the stack in the background ended at once')
      }
    } else if (up.fingerprint !== fingerprint) {
      return refuse('the stack that is up was started from another config or other migrations; `isolane down` ends it')
    } else if (isReady(up)) {
      const handle = await attachTo(up, options)
      if (handle) return { handle }
      const { pid } = up.owner
      if (silent?.pid !== pid) silent = { pid, since: performance.now() }
      if (performance.now() - silent.since > patience)
        return refuse(`the stack that is up (pid ${pid}) does not answer`)
    } else if (awaited !== up.owner.pid) {
      awaited = up.owner.pid
      report({ kind: 'info', subject: 'stack', text: `waits for another run to bring it up (pid ${awaited})` })
    }
    await delay(50)
  }
}

/** What we have started goes on, once it does not depend on us any more. */
async function attachToOwn(started: BackgroundStack, key: UpKey, options: StackHandleOptions) {
  try {
    const up = findClaim(key)
    return up && isReady(up) ? await attachTo(up, options) : undefined
  } finally {
    started.letGo()
  }
}

/** `taken`: another run was quicker. */
async function start({ config, workers, report, signal }: StackHandleOptions, key: UpKey, fingerprint: string) {
  const untilUnused = config.keep === 'stack' ? [] : ['--until-unused']
  try {
    return await startBackgroundStack({
      root: config.root,
      workers,
      logFile: upLogFile(key),
      arguments: ['--only', fingerprint, ...untilUnused],
      report,
      signal,
    })
  } catch (error) {
    if (isIsolaneError(error, 'ISOLANE_STACK_ALREADY_UP')) return 'taken'
    if (isIsolaneError(error, 'ISOLANE_CONFIG_NOT_FOUND')) return 'other config'
    throw error
  }
}

function isReady(record: UpRecord): record is ReadyRecord {
  return record.address !== undefined
}
