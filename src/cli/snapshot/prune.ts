import type { Command } from 'commander'
import type { Retention } from '../../core/config.ts'
import { type Pruned, prune as pruneStore } from '../../snapshots/retention.ts'
import { SnapshotStore } from '../../snapshots/store.ts'
import { projectConfig } from '../project.ts'
import { wholeNumber } from '../whole-number.ts'
import { ageText, counted, parseSize, printLines, sizeText } from './text.ts'

interface PruneFlags {
  readonly olderThan?: number
  readonly keep?: number
  readonly maxSize?: number
  readonly named: boolean
  readonly dryRun: boolean
}

export function addPrune(snapshot: Command): void {
  snapshot
    .command('prune')
    .description('remove snapshots that need not be kept; what is not said here is as `retention` in the config has it')
    .option('--older-than <days>', 'those that are older than this many days', wholeNumber(5))
    .option('--keep <count>', 'of more than this many, the oldest', wholeNumber(5))
    .option('--max-size <size>', 'the oldest, until all together take no more: 500MB, 2GB', parseSize)
    .option('--named', 'also those that were given a name', false)
    .option('--dry-run', 'only show which', false)
    .action((flags: PruneFlags, command: Command) => prune(flags, command))
}

async function prune({ olderThan, keep, maxSize, named, dryRun }: PruneFlags, command: Command): Promise<void> {
  const config = await projectConfig(command)
  const retention: Retention = {
    ...config.retention,
    ...(olderThan === undefined ? {} : { days: olderThan }),
    ...(keep === undefined ? {} : { count: keep }),
    ...(maxSize === undefined ? {} : { bytes: maxSize }),
  }
  const pruned = await pruneStore(SnapshotStore.of(config), retention, { dry: dryRun, named })
  if (pruned.length === 0) printLines(['There is nothing to remove.'])
  else printLines([...pruned.map((each) => line(each, dryRun)), total(pruned, dryRun)])
}

const reasons = { age: 'it is old', count: 'there are many', bytes: 'together they take too much' } as const

function line({ snapshot: { name, bytes, manifest }, why }: Pruned, dry: boolean): string {
  const age = manifest ? `${ageText(manifest.createdAt)}, ` : ''
  return `${dry ? 'would remove' : 'removed'} ${name} (${age}${sizeText(bytes)}): ${reasons[why]}`
}

function total(pruned: readonly Pruned[], dry: boolean): string {
  const bytes = pruned.reduce((sum, { snapshot }) => sum + snapshot.bytes, 0)
  return `${counted(pruned.length, 'snapshot')}, ${sizeText(bytes)}${dry ? '; nothing was removed' : ''}`
}
