import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { cacheFolder, stateFolder } from './folders.ts'
import { LaneClient } from './lane-client.ts'
import type { LaneServerAddress } from './lane-protocol.ts'
import { LaneServer } from './lane-server.ts'
import { atLastResort } from './last-resort.ts'
import { packageRoot } from './package-root.ts'
import { withMemory } from './process-memory.ts'
import { Stack, type StackOptions, type StackStatus } from './stack.ts'
import { stackFingerprint } from './stack-fingerprint.ts'
import { startSurvivor } from './survivor.ts'
import { findUp } from './up-record.ts'

/** A stack that lanes can be leased from: our own, or one that is up already. */
export interface StackHandle {
  readonly address: LaneServerAddress
  /** Whether it was up before and stays up afterwards. */
  readonly attached: boolean
  status(): Promise<StackStatus>
  /** Stops our own stack; leaves an attached one alone. Safe to call twice. */
  close(): Promise<void>
}

export type StackHandleOptions = Omit<StackOptions, 'stateFolder' | 'cacheFolder'>

/** Uses the project's stack that is up when its config is the same; otherwise opens one for this run. */
export async function openStackHandle(options: StackHandleOptions): Promise<StackHandle> {
  return (await attach(options)) ?? (await openOwn(options))
}

async function attach({ config, workers, report, signal }: StackHandleOptions): Promise<StackHandle | undefined> {
  const up = findUp({ stateFolder: stateFolder(), root: config.root, name: config.name })
  if (!up) return undefined
  if (up.fingerprint !== (await stackFingerprint(config, signal))) {
    report({
      kind: 'info',
      subject: 'stack',
      text: 'the stack that is up was started from another config or other migrations, so this run starts its own; `isolane down` and `isolane up` renew it',
    })
    return undefined
  }
  const client = await LaneClient.connect(up.address).catch(() => undefined)
  if (!client) return undefined
  await client.request('warm', { workers })
  return {
    address: up.address,
    attached: true,
    status: () => client.request('status', {}),
    close: async () => {
      await writeReport(() => client.request('status', {}))
      client.close()
    },
  }
}

async function openOwn(options: StackHandleOptions): Promise<StackHandle> {
  const takeBack = atLastResort(sweepAfterExit)
  const { stack, server } = await openServed(options).catch((error) => {
    takeBack()
    throw error
  })
  let closing: Promise<void> | undefined
  const close = async () => {
    await writeReport(async () => stack.status())
    await server.close()
    await stack.close()
    takeBack()
  }
  return {
    address: server.address,
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

/** Runners often exit without tear-down (a second Ctrl-C): a process of its own then removes what is left. */
function sweepAfterExit(): void {
  const cli = join(packageRoot(), 'dist', 'cli.js')
  if (!existsSync(cli)) return
  startSurvivor(process.execPath, [cli, 'gc', '--quiet', '--after', String(process.pid)])
}

/** `ISOLANE_REPORT_FILE` names a file to leave the run's figures in, as JSON. */
async function writeReport(status: () => Promise<StackStatus>): Promise<void> {
  const file = process.env.ISOLANE_REPORT_FILE
  if (file) writeFileSync(file, `${JSON.stringify(withMemory(await status()), undefined, 2)}\n`)
}
