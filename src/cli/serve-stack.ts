import { existsSync, truncateSync } from 'node:fs'
import { runtimes } from '../builtin.ts'
import type { ResolvedConfig } from '../core/config.ts'
import { cacheFolder } from '../core/folders.ts'
import { type ErrorLine, errorLine } from '../core/lane-protocol.ts'
import { LaneServer } from '../core/lane-server.ts'
import { self } from '../core/process-identity.ts'
import { Stack } from '../core/stack.ts'
import { stackFingerprint } from '../core/stack-fingerprint.ts'
import { claimUp, publishUp, removeUp, type UpKey, type UpRecord, upLogFile } from '../core/up-record.ts'
import { endOnSignals } from './signals.ts'
import { terminalReport } from './terminal-report.ts'

/** What the process that keeps a stack up in the background tells the one that started it. */
export type Announcement = { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly error: ErrorLine }

/** Keeps a stack up in this process until it is told to end: by `isolane down`, SIGINT or SIGTERM. */
export async function serveStack(config: ResolvedConfig, key: UpKey, workers: number): Promise<void> {
  const down = new AbortController()
  const signal = AbortSignal.any([endOnSignals().signal, down.signal])
  // Before we are ready, whoever started us may go: then nobody waits for this stack.
  const abandoned = () => down.abort()
  const announce = async (announcement: Announcement) => {
    process.off('disconnect', abandoned)
    const { promise, resolve } = Promise.withResolvers<void>()
    if (process.send && process.connected) process.send(announcement, () => resolve())
    else resolve()
    await promise
  }
  process.once('disconnect', abandoned)
  try {
    const record = await claim(config, key, signal)
    try {
      await using(config, key, workers, signal, async (stack) => {
        const server = await LaneServer.open({ stack, down: async () => down.abort() })
        try {
          publishUp(key, { ...record, address: server.address })
          await announce({ kind: 'ready' })
          await aborted(signal)
        } finally {
          await server.close()
        }
      })
    } finally {
      removeUp(key)
    }
  } catch (error) {
    await announce({ kind: 'failed', error: errorLine(error) })
    throw error
  }
}

async function claim(config: ResolvedConfig, key: UpKey, signal: AbortSignal): Promise<UpRecord> {
  const record: UpRecord = {
    name: config.name,
    root: config.root,
    owner: self,
    fingerprint: await stackFingerprint(config, signal),
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
  workers: number,
  signal: AbortSignal,
  use: (stack: Stack) => Promise<void>,
): Promise<void> {
  const stack = await Stack.open({
    config,
    runtimes,
    workers,
    keep: true,
    stateFolder: key.stateFolder,
    cacheFolder: cacheFolder(),
    report: terminalReport(),
    signal,
  })
  try {
    await use(stack)
  } finally {
    await stack.close()
  }
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return
  const { promise, resolve } = Promise.withResolvers<void>()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
}
