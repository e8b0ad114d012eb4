import type { Command } from 'commander'
import { table } from '../../core/table.ts'
import { diffSnapshots, type ServiceChanges } from '../../snapshots/diff.ts'
import type { Manifest } from '../../snapshots/manifest.ts'
import { SnapshotStore } from '../../snapshots/store.ts'
import { exitCodes } from '../exit-codes.ts'
import { projectConfig } from '../project.ts'
import { printJson, printLines } from './text.ts'

export function addDiff(snapshot: Command): void {
  snapshot
    .command('diff')
    .description(
      'show what has changed from one snapshot to another: tables, keys, labels; exits with 6 when anything has',
    )
    .argument('<before>', 'its name, or the path of a folder or an archive')
    .argument('<after>', 'the same')
    .option('--json', 'print JSON', false)
    .action((before: string, after: string, flags: { json: boolean }, command: Command) =>
      diff(before, after, flags, command),
    )
}

async function diff(before: string, after: string, { json }: { readonly json: boolean }, command: Command) {
  const store = SnapshotStore.of(await projectConfig(command))
  await using left = await store.open(before)
  await using right = await store.open(after)
  const services = await diffSnapshots(left, right)
  const isDifferent = services.some(({ unsaved }) => !unsaved)
  const versions = versionChanges(left.manifest, right.manifest)
  if (json) printJson({ before: left.name, after: right.name, versions, services })
  else {
    const nothing = isDifferent ? [] : ['Nothing has changed.']
    printLines([...nothing, ...services.flatMap(serviceLines), ...versionLines(versions)])
  }
  if (isDifferent) process.exitCode = exitCodes.different
}

function serviceLines(differing: ServiceChanges): string[] {
  const { lane, service, kind, only, unsaved, schemaChanged, changes, filesDiffer, countsOnly } = differing
  const head = `${lane} ${service} (${kind})`
  if (unsaved) return [`${head}: was not saved in either, so nobody knows`]
  if (only) return [`${head}: only in the one ${only === 'before' ? 'before' : 'after'}`]
  const rows = changes.map(({ group, before, after, added, removed, changed }) => [
    `  ${group}`,
    `${before} → ${after}`,
    signed('+', added),
    signed('−', removed),
    changed === null ? '~?' : signed('~', changed),
  ])
  return [
    `${head}${schemaChanged ? ': the schema has changed' : ''}`,
    ...table(['', '', '', '', ''], rows).split('\n').slice(1),
    ...(filesDiffer ? ['  something has changed; this kind of service does not tell what'] : []),
    ...(countsOnly && rows.length > 0
      ? ['  (by counts and digests alone: this kind of service does not list its contents)']
      : []),
  ]
}

function signed(sign: string, count: number): string {
  return count === 0 ? '' : `${sign}${count}`
}

type Versions = Readonly<Record<string, { readonly before: string; readonly after: string }>>

/** Of servers, by service. That is no change of what is in the lanes. */
function versionChanges(before: Manifest, after: Manifest): Versions {
  const [left, right] = [versionsOf(before), versionsOf(after)]
  return Object.fromEntries(
    [...left].flatMap(([service, was]) => {
      const is = right.get(service)
      return is === undefined || is === was ? [] : [[service, { before: was, after: is }]]
    }),
  )
}

function versionsOf({ lanes }: Manifest): Map<string, string> {
  const services = Object.values(lanes).flatMap(({ services }) => Object.entries(services))
  return new Map(services.flatMap(([name, saved]) => ('state' in saved ? [[name, saved.state.version]] : [])))
}

function versionLines(versions: Versions): string[] {
  return Object.entries(versions).map(([service, { before, after }]) => `${service}: version ${before} → ${after}`)
}
