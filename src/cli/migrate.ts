import type { Command } from 'commander'
import type { ResolvedConfig } from '../core/config.ts'
import { endStack } from '../core/end-stack.ts'
import { IsolaneError } from '../core/errors.ts'
import { findClaim } from '../core/up-record.ts'
import { findSources } from '../migrate/find.ts'
import { JournalFile } from '../migrate/journal.ts'
import { rollBack } from '../migrate/rollback.ts'
import { type Migration, migrate } from '../migrate/run.ts'
import { sourceText } from '../migrate/source.ts'
import { SnapshotStore } from '../snapshots/store.ts'
import { memoryNow, reportLines } from './migrate/report.ts'
import { connectUp, projectConfig, projectFolder, upKey } from './project.ts'
import { endOnSignals } from './signals.ts'
import { confirmed } from './snapshot/asking.ts'
import { collect } from './snapshot/text.ts'
import { clearProgress, terminalReport } from './terminal-report.ts'
import { bringUp } from './up.ts'

interface MigrateFlags {
  readonly from?: readonly string[]
  readonly source?: readonly string[]
  readonly map?: readonly string[]
  readonly dryRun: boolean
  readonly resume: boolean
  readonly rollback: boolean
  readonly yes: boolean
}

export function addMigrate(program: Command): void {
  program
    .command('migrate')
    .description('move old dev, test and staging databases into the environments of one stack')
    .option('--from <compose.yml>', 'the compose file that runs them; may be repeated', collect)
    .option('--source <environment.service=URL>', 'one of them by its URL; may be repeated', collect)
    .option('--map <name=environment>', 'where a service of a compose file goes; `=none` for nowhere', collect)
    .option('--dry-run', 'only say what would go where', false)
    .option('--resume', 'go on with a migration that was interrupted', false)
    .option('--rollback', 'take it back, wherever it has come to', false)
    .option('-y, --yes', 'do not ask', false)
    .action((flags: MigrateFlags, command: Command) => run(flags, command))
}

async function run(flags: MigrateFlags, command: Command): Promise<void> {
  const { signal } = endOnSignals()
  const config = await projectConfig(command)
  if (Object.keys(config.environments).length === 0) throw noEnvironments(config)
  const journal = new JournalFile(config)
  const common = { config, journal, store: SnapshotStore.of(config), report: terminalReport(), signal }
  if (flags.rollback) {
    const lines = await rollBack({ ...common, connect: () => connect(config), takeDown: () => takeDown(config) })
    print([...lines, 'The migration is taken back.'])
    return
  }
  if (!(await begin(flags, config, journal))) return
  const bring: Migration['bringUp'] = async () => {
    const broughtUp = await bringUp(config, projectFolder(command), 2)
    return { client: (await connectUp(config)).client, broughtUp }
  }
  const lines = await migrate({ ...common, bringUp: bring })
  print([...lines, '', ...reportLines(journal.begun, await memoryNow(config))])
}

/** @returns whether to go on */
async function begin(flags: MigrateFlags, config: ResolvedConfig, journal: JournalFile): Promise<boolean> {
  const { from: files = [], source: urls = [], map = [] } = flags
  if (flags.resume) {
    const { done } = journal.begun
    if (done) print(['The migration is complete; `isolane migrate --rollback` takes it back.'])
    return !done
  }
  if (journal.current && !journal.current.done) throw unfinished(journal)
  const sources = findSources(config, { files, urls, map })
  print([...sources.map((source) => `${sourceText(source)} → ${config.name}-${source.environment}`), ''])
  if (flags.dryRun) return false
  const question = 'These are saved, copied and compared; in the end their containers are stopped. Go on?'
  if (!(await confirmed(question, flags.yes))) return false
  await journal.begin({ startedAt: new Date().toISOString(), sources, environments: {} })
  return true
}

async function connect(config: ResolvedConfig) {
  return findClaim(upKey(config)) ? (await connectUp(config)).client : undefined
}

async function takeDown(config: ResolvedConfig): Promise<void> {
  const claim = findClaim(upKey(config))
  if (claim) await endStack(claim)
}

function print(lines: readonly string[]): void {
  clearProgress()
  process.stdout.write(`${lines.join('\n')}\n`)
}

function noEnvironments({ root }: ResolvedConfig): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The config of ${root} names no environments to migrate into`,
    remedy: 'name some: `environments: { dev: {}, test: { lanes: true }, staging: { protected: true } }`',
  })
}

function unfinished({ begun }: JournalFile): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_MIGRATE_FAILED',
    message: `A migration that was begun at ${begun.startedAt} is not complete`,
    remedy: 'go on with it (`isolane migrate --resume`), or take it back (`isolane migrate --rollback`)',
  })
}
