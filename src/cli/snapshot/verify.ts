import type { Command } from 'commander'
import { isIsolaneError } from '../../core/errors.ts'
import { SnapshotStore } from '../../snapshots/store.ts'
import { verifySnapshot } from '../../snapshots/verify.ts'
import { exitCodes } from '../exit-codes.ts'
import { projectConfig } from '../project.ts'
import { endOnSignals } from '../signals.ts'
import { clearProgress, terminalReport } from '../terminal-report.ts'
import { newestSnapshots } from './choose.ts'
import { anyStack, type ConnectedStack } from './stack.ts'
import { testRestore } from './test-restore.ts'
import { printLines, sizeText } from './text.ts'

interface VerifyFlags {
  readonly readData: boolean
  readonly testRestore: boolean
  readonly all: boolean
}

export function addVerify(snapshot: Command): void {
  snapshot
    .command('verify')
    .description('find out whether a snapshot is what was written, and whether it can be brought back')
    .argument(
      '[snapshot]',
      'its name, or the path of a folder or an archive; the newest, and those that are damaged, when left out',
    )
    .option('--read-data', 'also decompress everything', false)
    .option('--test-restore', 'also bring it back into a clean lane and compare; the lane is given back', false)
    .option('--all', 'all that the project has', false)
    .action((snapshot: string | undefined, flags: VerifyFlags, command: Command) => verify(snapshot, flags, command))
}

async function verify(nameOrPath: string | undefined, flags: VerifyFlags, command: Command): Promise<void> {
  if (flags.all && nameOrPath !== undefined) command.error('error: --all and the name of a snapshot exclude each other')
  const { signal } = endOnSignals()
  const config = await projectConfig(command)
  const store = SnapshotStore.of(config)
  const names = nameOrPath === undefined ? await unnamed(store, flags) : [nameOrPath]
  if (names.length === 0) printLines([`There are no snapshots in ${store.folder}`])
  await using stack = flags.testRestore && names.length > 0 ? await anyStack(config, 1, signal) : undefined
  for (const name of names) {
    try {
      const line = await verifyOne(store, name, flags, stack, signal)
      clearProgress()
      printLines([line])
    } catch (error) {
      signal.throwIfAborted()
      if (nameOrPath !== undefined || !isIsolaneError(error)) throw error
      clearProgress()
      printLines(`${name}: ${error.message}`.split('\n'))
      process.exitCode = exitCodes.failed
    }
  }
}

async function unnamed(store: SnapshotStore, { all }: VerifyFlags): Promise<readonly string[]> {
  return all ? (await store.list()).map(({ name }) => name) : newestSnapshots(store)
}

/** @returns what to say of it when it is good */
async function verifyOne(
  store: SnapshotStore,
  nameOrPath: string,
  { readData }: VerifyFlags,
  stack: ConnectedStack | undefined,
  signal: AbortSignal,
): Promise<string> {
  const report = terminalReport()
  await using snapshot = await store.open(nameOrPath)
  await verifySnapshot(snapshot, {
    readData,
    onStep: ({ bytes, totalBytes }) => {
      signal.throwIfAborted()
      report({ kind: 'progress', subject: snapshot.name, text: `read ${sizeText(bytes)} of ${sizeText(totalBytes)}` })
    },
  })
  if (!stack) return `${nameOrPath}: good, ${sizeText(snapshot.bytes)}${readData ? ', and can be decompressed' : ''}`
  await testRestore(stack, snapshot, signal)
  return `${nameOrPath}: good, ${sizeText(snapshot.bytes)}, and comes back as it was`
}
