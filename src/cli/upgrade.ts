import type { Command } from 'commander'
import { ownConfigOf, runtimes } from '../builtin.ts'
import type { ResolvedConfig } from '../core/config.ts'
import { IsolaneError } from '../core/errors.ts'
import { isolaneCommand } from '../core/isolane-command.ts'
import { SnapshotStore } from '../snapshots/store.ts'
import { parseEdges } from '../upgrade/edges.ts'
import { readMigrations } from '../upgrade/migrate.ts'
import { namedFiles } from '../upgrade/named-files.ts'
import { planUpgrade, type UpgradePlan } from '../upgrade/plan.ts'
import { readQueries } from '../upgrade/queries.ts'
import type { Rehearsal } from '../upgrade/rehearsal.ts'
import { rehearse } from '../upgrade/rehearse.ts'
import { exitCodes } from './exit-codes.ts'
import { projectFolder } from './project.ts'
import { endOnSignals } from './signals.ts'
import { collect } from './snapshot/text.ts'
import { clearProgress, terminalReport } from './terminal-report.ts'
import { blueGreen, refuseBesideBlueGreen } from './upgrade/blue-green.ts'
import { markdown, page } from './upgrade/page.ts'
import { addVersionOptions, type VersionOptions, versionOptions } from './version-options.ts'
import { append, isStandardOutput, write } from './write.ts'

interface UpgradeOptions extends VersionOptions {
  readonly fromSnapshot?: string
  readonly lane?: string
  readonly way?: string
  readonly migrations?: readonly string[]
  readonly queries?: readonly string[]
  /** `true` or `-`: standard output. */
  readonly json?: string | true
  readonly summary?: string
  readonly keepSnapshots: boolean
  readonly blueGreen: boolean
}

export function addUpgrade(program: Command): void {
  const command = program
    .command('upgrade')
    .description(
      'rehearse an upgrade of databases on a copy, and run a command on both sides; exits with 6 when data differ',
    )
    .argument('[command...]', 'run on both sides, such as your tests; put `--` before it')
    .passThroughOptions()
  addVersionOptions(command, 'old→new', '15→18')
    .option('--from-snapshot <snapshot>', 'what both sides begin with; a name or a path (default: migrations and seed)')
    .option('--lane <lane>', 'which lane of that snapshot')
    .option('--way <way>', 'how, where an engine has several ways, such as pg_upgrade')
    .option('--migrations <path>', 'files to run on the upgraded data, or SERVICE=PATH; may be repeated', collect)
    .option('--queries <file>', 'whose plans and times are compared, or SERVICE=FILE; may be repeated', collect)
    .option('--json [file]', 'what was found, as JSON (default: standard output)')
    .option('--summary <file>', 'added there as Markdown (default: $GITHUB_STEP_SUMMARY, where that is set)')
    .option('--keep-snapshots', 'the snapshots of both sides stay, also when nothing differs', false)
    .option('--blue-green', 'have both sides up together instead; `isolane switch` chooses', false)
    .action((line: string[], options: UpgradeOptions, command: Command) => upgrade(line, options, command))
}

async function upgrade(line: readonly string[], options: UpgradeOptions, command: Command): Promise<void> {
  const { signal } = endOnSignals()
  const config = await ownConfigOf(projectFolder(command))
  const plan = planUpgrade(config, parseEdges(config, versionOptions(options)), options.way)
  const from = startOf(options)
  if (options.blueGreen) {
    refuseBesideBlueGreen({ ...options, command: line })
    return blueGreen({ config, plan, from, json: options.json, signal })
  }
  const rehearsal = await rehearse({
    plan,
    runtimes,
    store: SnapshotStore.of(config),
    from,
    ...(await filesFor(config, plan, options)),
    ...(line.length > 0 ? { command: line } : {}),
    keepSnapshots: options.keepSnapshots,
    report: terminalReport(),
    signal,
  })
  clearProgress()
  tell(rehearsal, isolaneCommand(config.root), options)
  process.exitCode = codes[rehearsal.result]
}

const codes = { same: exitCodes.done, different: exitCodes.different, failed: exitCodes.failed } as const

/** @throws ISOLANE_OPTION_INVALID */
function startOf({ fromSnapshot, lane }: UpgradeOptions): { readonly snapshot?: string; readonly lane?: string } {
  if (fromSnapshot !== undefined) return { snapshot: fromSnapshot, ...(lane === undefined ? {} : { lane }) }
  if (lane === undefined) return {}
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `--lane ${lane}: it is not said of which snapshot`,
    remedy: 'name it: --from-snapshot NAME',
  })
}

async function filesFor(config: ResolvedConfig, { upgrades }: UpgradePlan, options: UpgradeOptions) {
  const services = upgrades.map(({ service }) => service)
  return {
    migrations: await readMigrations(
      config,
      await namedFiles(config, '--migrations', options.migrations ?? [], services),
    ),
    queries: await readQueries(config, await namedFiles(config, '--queries', options.queries ?? [], services)),
  }
}

function tell(rehearsal: Rehearsal, isolane: string, { json, summary }: UpgradeOptions): void {
  if (!isStandardOutput(json)) process.stdout.write(page(rehearsal, isolane))
  if (json !== undefined) write('--json', json, JSON.stringify(rehearsal, undefined, 2))
  const file = summary ?? process.env.GITHUB_STEP_SUMMARY
  if (file) append('--summary', file, markdown(rehearsal, isolane))
}
