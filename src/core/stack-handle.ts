import { attachTo } from './attached-stack.ts'
import { hasTestLanes } from './environment-names.ts'
import { cacheFolder, stateFolder } from './folders.ts'
import type { LaneSource } from './held-lane.ts'
import { openKeptStack } from './kept-stack.ts'
import { LaneClient } from './lane-client.ts'
import { LaneServer } from './lane-server.ts'
import { atLastResort } from './last-resort.ts'
import { writeReport } from './run-report.ts'
import { Stack, type StackOptions, type StackStatus } from './stack.ts'
import { stackFingerprint } from './stack-fingerprint.ts'
import { sweepAfterExit } from './sweep-by-process.ts'
import { findUp } from './up-record.ts'

/** A stack that lanes can be leased from: our own, or one that is up already. */
export interface StackHandle {
  readonly source: LaneSource
  /** Whether it is in another process, which may outlive this run. */
  readonly attached: boolean
  status(): Promise<StackStatus>
  /** Stops our own stack; leaves an attached one alone. Safe to call twice. */
  close(): Promise<void>
}

export interface StackHandleOptions extends Omit<StackOptions, 'stateFolder' | 'cacheFolder'> {
  /** Absent: nothing. */
  readonly afterRun?: AfterRun
  /** `false`: a stack of its own, whatever else is up, which ends with it. Default: as {@link openStackHandle} says. */
  readonly attach?: boolean
}

/** What is done with the states of lanes once a run's tests are over, before its servers end. */
export interface AfterRun {
  /** Which lanes are left, or kept, for it; and under what name. */
  readonly snapshot: NonNullable<LaneSource['snapshot']>
  /** Never throws. @returns names of the lanes that are saved */
  save(this: void, client: LaneClient): Promise<readonly string[]>
}

/**
 * Uses the project's stack that is up when its config is the same; otherwise opens one for this run, or one that can outlive
 * it when something is to be kept.
 */
export async function openStackHandle(options: StackHandleOptions): Promise<StackHandle> {
  if (options.attach === false) return openOwn(options)
  if (options.config.keep === 'nothing') return (await attachToSame(options)) ?? (await openOwn(options))
  const { handle, refused } = await openKeptStack(options)
  return handle ?? (await openOwn(options, refused))
}

async function attachToSame(options: StackHandleOptions): Promise<StackHandle | undefined> {
  const { config, report, signal } = options
  const up = findUp({ stateFolder: stateFolder(), root: config.root, name: config.name })
  if (!up) return undefined
  if (!hasTestLanes(config)) {
    const text =
      'the stack that is up has no test lanes, so this run starts its own; `lanes: true` in one of its environments changes that'
    report({ kind: 'info', subject: 'stack', text })
    return undefined
  }
  if (up.fingerprint !== (await stackFingerprint(config, signal))) {
    report({
      kind: 'info',
      subject: 'stack',
      text: 'the stack that is up was started from another config or other migrations, so this run starts its own; `isolane down` and `isolane up` renew it',
    })
    return undefined
  }
  return attachTo(up, options)
}

/** @param notKept why not, where something was to be kept */
async function openOwn(options: StackHandleOptions, notKept?: string): Promise<StackHandle> {
  const takeBack = atLastResort(sweepAfterExit)
  const { stack, server } = await openServed(options).catch((error) => {
    takeBack()
    throw error
  })
  let closing: Promise<void> | undefined
  const close = async () => {
    try {
      await writeReport(async () => stack.status())
      if (afterRun) await saveOwn(server, afterRun)
    } finally {
      await server.close()
      await stack.close()
      takeBack()
    }
  }
  const { afterRun } = options
  const { reset, keep, root } = options.config
  return {
    source: {
      address: server.address,
      reset,
      root,
      ...(keep === 'failed' && notKept !== undefined ? { notKept } : {}),
      ...(afterRun ? { snapshot: afterRun.snapshot } : {}),
    },
    attached: false,
    status: async () => stack.status(),
    close: () => {
      closing ??= close()
      return closing
    },
  }
}

async function openServed(options: StackHandleOptions): Promise<{ stack: Stack; server: LaneServer }> {
  const stack = await Stack.open({ ...options, stateFolder: stateFolder(), cacheFolder: cacheFolder() })
  try {
    return { stack, server: await LaneServer.open({ stack }) }
  } catch (error) {
    await stack.close()
    throw error
  }
}

async function saveOwn({ address }: LaneServer, afterRun: AfterRun): Promise<void> {
  const client = await LaneClient.connect(address)
  try {
    await afterRun.save(client)
  } finally {
    client.close()
  }
}
