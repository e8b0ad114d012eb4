import type { Command } from 'commander'
import type { ResolvedConfig } from '../core/config.ts'
import { endStack } from '../core/end-stack.ts'
import { findClaim } from '../core/up-record.ts'
import { findSources } from '../migrate/find.ts'
import { ForeignLanes } from '../migrate/foreign-lanes.ts'
import { JournalFile } from '../migrate/journal.ts'
import { checkPorts } from '../migrate/ports.ts'
import { rollBack } from '../migrate/rollback.ts'
import { type Migration, migrate } from '../migrate/run.ts'
import { type Source, sourceText } from '../migrate/source.ts'
import { SnapshotStore } from '../snapshots/store.ts'
import { noEnvironments, unfinished } from './migrate/errors.ts'
import { withReading } from './migrate/reading.ts'
import { memoryNow, reportLines } from './migrate/report.ts'
import { connectUp, projectConfig, projectFolder, upKey } from './project.ts'
import { canAsk, confirmed, notDone, typedWords } from './snapshot/asking.ts'
import { collect, sizeText } from './snapshot/text.ts'
import { clearProgress } from './terminal-report.ts'
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

/** @param onStep see {@link Migration} */
export function addMigrate(program: Command, onStep?: Migration['onStep']): void {
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
    .action((flags: MigrateFlags, command: Command) => run(flags, command, onStep))
}

async function run(flags: MigrateFlags, command: Command, onStep: Migration['onStep']): Promise<void> {
  const config = await projectConfig(command)
  if (Object.keys(config.environments).length === 0) throw noEnvironments(config)
  await withReading(config, async (reading) => {
    const journal = new JournalFile(config)
    const isUp = () => findClaim(upKey(config)) !== undefined
    const migration: Migration = {
      ...reading,
      journal,
      store: SnapshotStore.of(config),
      isUp,
      bringUp: async () => {
        await bringUp(config, projectFolder(command), 2)
        return (await connectUp(config)).client
      },
      ...(onStep ? { onStep } : {}),
    }
    if (flags.rollback) return takeBack(migration, flags)
    if (!(await begin(flags, migration))) return
    const lines = await migrate(migration)
    print([...lines, '', ...reportLines(journal.begun, await memoryNow(config))])
  })
}

async function takeBack(migration: Migration, { yes }: MigrateFlags): Promise<void> {
  const { config, journal, isUp } = migration
  const question = 'What was written to the new stack since then does not come along. Take the migration back?'
  if (journal.begun.done && !(await confirmed(question, yes))) return
  const lines = await rollBack({
    ...migration,
    connect: async () => (isUp() ? (await connectUp(config)).client : undefined),
    takeDown: async () => {
      const claim = findClaim(upKey(config))
      if (claim) await endStack(claim)
    },
  })
  print([...lines, 'The migration is taken back.'])
}

/** @returns whether to go on */
async function begin(flags: MigrateFlags, migration: Migration): Promise<boolean> {
  const { config, journal, isUp } = migration
  const { from: files = [], source: urls = [], map = [] } = flags
  if (flags.resume) {
    if (journal.begun.done) print(['The migration is complete; `isolane migrate --rollback` takes it back.'])
    return !journal.begun.done
  }
  if (!flags.dryRun && journal.current && !journal.current.done) throw unfinished(journal.current)
  const sources = findSources(config, { files, urls, map })
  const sizes = await new ForeignLanes(migration, sources).sizes(migration.report)
  print([
    ...sources.map((source, index) => {
      const place = `${config.name}-${source.environment}`
      return `${sourceText(source)} (at most ${sizeText(sizes[index] ?? 0)}) → ${place}`
    }),
    '',
  ])
  if (!isUp()) checkPorts(config, sources)
  if (flags.dryRun) return false
  if (!(await isWanted(config, sources, flags.yes))) return false
  await journal.begin({ startedAt: new Date().toISOString(), sources, environments: {} })
  return true
}

/** What protected environments have is replaced: on a terminal their names are typed. */
async function isWanted(config: ResolvedConfig, sources: readonly Source[], yes: boolean): Promise<boolean> {
  const what = 'These are saved, copied and compared; in the end their containers are stopped.'
  const filled = new Set(sources.map(({ environment }) => environment))
  const words = [...filled].filter((name) => config.environments[name]?.protected).join(' ')
  if (words === '' || !canAsk()) return confirmed(`${what} Go on?`, yes)
  return (await typedWords(what, words)) === words || notDone(`that was not ${words}`)
}

function print(lines: readonly string[]): void {
  clearProgress()
  process.stdout.write(`${lines.join('\n')}\n`)
}
