import type { Command } from 'commander'
import { IsolaneError } from '../../core/errors.ts'
import { isolaneCommand } from '../../core/isolane-command.ts'
import type { LaneClient } from '../../core/lane-client.ts'
import { closest } from '../../core/options.ts'
import { createSnapshot } from '../../snapshots/create.ts'
import { automaticName } from '../../snapshots/names.ts'
import { pruneAfter } from '../../snapshots/retention.ts'
import { SnapshotStore } from '../../snapshots/store.ts'
import { environmentOf, environmentsByName } from '../environment-acts.ts'
import { connectUp, projectConfig } from '../project.ts'
import { endOnSignals } from '../signals.ts'
import { clearProgress, terminalReport } from '../terminal-report.ts'
import { restoreLine, savedTable } from './describe.ts'
import { collect, printLines, sizeText } from './text.ts'

export function addCreate(snapshot: Command): void {
  snapshot
    .command('create', { isDefault: true })
    .description(
      'save an environment of the stack that is up, or lanes: those that somebody has, and those that were kept or left',
    )
    .argument('[name]', 'of an environment to save; else of the snapshot; that is made of the time when left out')
    .option('--env <environment>', 'save this one; may be repeated', collect)
    .option('--lane <lane>', 'only this one; may be repeated', collect)
    .action((name: string | undefined, flags: CreateFlags, command: Command) => create(name, flags, command))
}

interface CreateFlags {
  readonly env?: readonly string[]
  readonly lane?: readonly string[]
}

async function create(given: string | undefined, flags: CreateFlags, command: Command): Promise<void> {
  const { signal } = endOnSignals()
  const config = await projectConfig(command)
  const { client } = await connectUp(config)
  const [store, report] = [SnapshotStore.of(config), terminalReport()]
  try {
    const chosen = await choose(client, given, flags)
    if (chosen.name !== undefined && chosen.named) refuseMistyped(chosen.name, command)
    await using snapshot = await createSnapshot({
      store,
      client,
      ...chosen,
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
      restoreLine(isolaneCommand(config.root), snapshot.name, snapshot.manifest),
    ])
  } finally {
    client.close()
  }
}

interface Chosen {
  /** Absent: made of the time. */
  readonly name?: string
  /** Whether a person chose it. */
  readonly named: boolean
  /** And environments. */
  readonly lanes: readonly string[] | undefined
}

/** `isolane snapshot staging` saves that environment, under a name that tells so. */
async function choose(
  client: LaneClient,
  given: string | undefined,
  { env = [], lane = [] }: CreateFlags,
): Promise<Chosen> {
  for (const name of env) await environmentOf(client, name)
  const wanted = [...env, ...lane]
  if (given !== undefined && (wanted.length > 0 || !(await environmentsByName(client)).has(given))) {
    return { name: given, named: true, lanes: wanted.length > 0 ? wanted : undefined }
  }
  const lanes = given === undefined ? wanted : [given]
  const [only] = lanes
  if (only === undefined) return { named: false, lanes: undefined }
  return { ...(lanes.length === 1 ? { name: `${only}-${automaticName()}` } : {}), named: false, lanes }
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
