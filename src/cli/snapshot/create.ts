import type { Command } from 'commander'
import { IsolaneError } from '../../core/errors.ts'
import { isolaneCommand } from '../../core/isolane-command.ts'
import { closest } from '../../core/options.ts'
import { createSnapshot } from '../../snapshots/create.ts'
import { pruneAfter } from '../../snapshots/retention.ts'
import { SnapshotStore } from '../../snapshots/store.ts'
import { connectUp, projectConfig } from '../project.ts'
import { endOnSignals } from '../signals.ts'
import { clearProgress, terminalReport } from '../terminal-report.ts'
import { restoreLine, savedTable } from './describe.ts'
import { collect, printLines, sizeText } from './text.ts'

export function addCreate(snapshot: Command): void {
  snapshot
    .command('create', { isDefault: true })
    .description('save lanes of the stack that is up: those that somebody has, and those that were kept or left')
    .argument('[name]', 'of the snapshot; made of the time when left out')
    .option('--lane <lane>', 'only this one; may be repeated', collect)
    .action((name: string | undefined, { lane }: { lane?: string[] }, command: Command) => create(name, lane, command))
}

async function create(name: string | undefined, lanes: readonly string[] | undefined, command: Command): Promise<void> {
  if (name !== undefined) refuseMistyped(name, command)
  const { signal } = endOnSignals()
  const config = await projectConfig(command)
  const { client } = await connectUp(config)
  const [store, report] = [SnapshotStore.of(config), terminalReport()]
  try {
    await using snapshot = await createSnapshot({
      store,
      client,
      ...(name === undefined ? {} : { name }),
      lanes,
      reason: 'by hand',
      stack: config.name,
      report,
      signal,
    })
    await pruneAfter(store, config.retention, report)
    clearProgress()
    printLines([
      `Saved ${snapshot.name}, ${sizeText(snapshot.bytes)}`,
      ...savedTable(snapshot.manifest),
      restoreLine(isolaneCommand(config.root), snapshot.name),
    ])
  } finally {
    client.close()
  }
}

/** `isolane snapshot lst` is no wish for a snapshot of that name; `isolane snapshot create lst` is. */
function refuseMistyped(name: string, command: Command): void {
  const { parent } = command
  if (!parent || parent.args[0] === command.name()) return
  const commands = parent.commands.map((each) => each.name()).filter((each) => each[0] === name[0])
  const meant = closest(name, commands)
  if (meant === undefined) return
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `There is no \`isolane snapshot ${name}\`; did you mean \`isolane snapshot ${meant}\``,
    remedy: `\`isolane snapshot create ${name}\` makes a snapshot of that name`,
  })
}
