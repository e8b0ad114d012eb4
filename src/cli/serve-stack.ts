import { existsSync, truncateSync } from 'node:fs'
import { runtimes } from '../builtin.ts'
import type { ResolvedConfig } from '../core/config.ts'
import { IsolaneError } from '../core/errors.ts'
import { cacheFolder } from '../core/folders.ts'
import { LaneServer } from '../core/lane-server.ts'
import { self } from '../core/process-identity.ts'
import { Stack } from '../core/stack.ts'
import { stackFingerprint } from '../core/stack-fingerprint.ts'
import { claimUp, publishUp, removeUp, type UpKey, type UpRecord, upLogFile } from '../core/up-record.ts'
import { announce } from './announce.ts'
import { endOnSignals } from './signals.ts'
import { terminalReport } from './terminal-report.ts'

export interface ServeOptions {
  /** How many lanes to make ahead. */
  readonly workers: number
  /** Only a config with this fingerprint is served. */
  readonly only?: string
  /** The stack ends with the last run that uses it, unless a lane is kept. */
  readonly untilUnused?: boolean
}

/** Keeps a stack up in this process until it is told to end: by `isolane down`, SIGINT or SIGTERM. */
export async function serveStack(config: ResolvedConfig, key: UpKey, options: ServeOptions): Promise<void> {
  const down = new AbortController()
  const signal = AbortSignal.any([endOnSignals().signal, down.signal])
  // Before we are ready, whoever started us may go: then nobody waits for this stack.
  const abandoned = () => down.abort()
  process.once('disconnect', abandoned)
  // It may have gone while the config was read.
  if (process.send && !process.connected) abandoned()
  const record = await claim(config, key, options, signal)
  try {
    await using(config, key, options, signal, async (stack) => {
      // Whoever started us has begun to use the stack when it lets go of us.
      const unused = () => {
        if (!process.connected) down.abort()
      }
      const server = await LaneServer.open({
        stack,
        down: async () => down.abort(),
        ...(options.untilUnused ? { unused } : {}),
      })
      try {
        publishUp(key, { ...record, address: server.address })
        process.once('disconnect', () => server.endUnlessUsed())
        process.off('disconnect', abandoned)
        await announce({ kind: 'ready' })
        await aborted(signal)
      } finally {
        await server.close()
      }
    })
  } finally {
    removeUp(key)
  }
}

async function claim(
  config: ResolvedConfig,
  key: UpKey,
  { only }: ServeOptions,
  signal: AbortSignal,
): Promise<UpRecord> {
  const fingerprint = await stackFingerprint(config, signal)
  if (only !== undefined && only !== fingerprint) throw otherConfig(config)
  const record: UpRecord = {
    name: config.name,
    root: config.root,
    owner: self,
    fingerprint,
    startedAt: new Date().toISOString(),
    logFile: upLogFile(key),
  }
  await claimUp(key, record)
  // Only whoever has the stack up may throw away what the one before it wrote.
  if (process.connected && existsSync(record.logFile)) truncateSync(record.logFile)
  return record
}

async function using(
  config: ResolvedConfig,
  key: UpKey,
  { workers, untilUnused = false }: ServeOptions,
  signal: AbortSignal,
  use: (stack: Stack) => Promise<void>,
): Promise<void> {
  const shown = terminalReport()
  const stack = await Stack.open({
    config,
    runtimes,
    workers,
    keep: !untilUnused,
    stateFolder: key.stateFolder,
    cacheFolder: cacheFolder(),
    report: (event) => {
      shown(event)
      void announce({ kind: 'report', event })
    },
    signal,
  })
  try {
    await use(stack)
  } finally {
    await stack.close()
  }
}

function otherConfig({ root }: ResolvedConfig): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_CONFIG_NOT_FOUND',
    message: `${root} has no config file that the stack of this run was made from`,
    remedy: 'put the stack into isolane.config.ts',
  })
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
}
