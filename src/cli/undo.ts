import type { Command } from 'commander'
import { isolaneCommand } from '../core/isolane-command.ts'
import { table } from '../core/table.ts'
import { bringBack } from '../environments/acts.ts'
import { type LoggedAct, loggedActs } from '../environments/log.ts'
import { lastUndoable } from '../environments/undo.ts'
import { verifySnapshot } from '../snapshots/verify.ts'
import { type Acting, environmentOf, isAllowed, withStackUp } from './environment-acts.ts'
import { projectConfig } from './project.ts'
import { ageText, printJson, printLines } from './snapshot/text.ts'
import { clearProgress } from './terminal-report.ts'

interface UndoFlags {
  readonly list: boolean
  readonly json: boolean
  readonly yes: boolean
}

export function addUndo(program: Command): void {
  program
    .command('undo')
    .description('bring back what the last wipe, reset, restore, import or undo of an environment replaced')
    .argument('[environment]', 'such as dev; the one that something was done to last when left out')
    .option('--list', 'only show what was done, when and by whom', false)
    .option('--json', 'with --list: print JSON', false)
    .option('-y, --yes', 'do not ask; not for environments that are protected', false)
    .action((environment: string | undefined, flags: UndoFlags, command: Command) => undo(environment, flags, command))
}

async function undo(name: string | undefined, { list, json, yes }: UndoFlags, command: Command): Promise<void> {
  if (json && !list) command.error('error: --json is for --list')
  if (list) await show(name, json, command)
  else await withStackUp(command, (on) => undoLast(on, name, yes))
}

async function show(name: string | undefined, json: boolean, command: Command): Promise<void> {
  const acts = loggedActs(await projectConfig(command)).filter((act) => name === undefined || act.environment === name)
  if (json) printJson(acts)
  else if (acts.length === 0) printLines([`Nothing was done to ${name ?? 'any environment'}.`])
  else printLines(table(['when', 'act', 'environment', 'by', 'came out', 'saved before as'], acts.map(row)).split('\n'))
}

function row({ at, act, environment, user, host, outcome, snapshot, from }: LoggedAct): string[] {
  const age = ageText(at)
  const done = from === undefined ? act : `${act} from ${from}`
  return [age === 'just now' ? age : `${age} ago`, done, environment, `${user}@${host}`, outcome, snapshot ?? '']
}

async function undoLast(on: Acting, name: string | undefined, yes: boolean): Promise<void> {
  const { config, store, client, signal } = on
  const { act, snapshot: saved } = await lastUndoable(loggedActs(config), store, name)
  const environment = await environmentOf(client, act.environment)
  await using snapshot = await store.open(saved)
  await verifySnapshot(snapshot, { onStep: () => signal.throwIfAborted() })
  const what = `${environment.name} becomes what it was before the ${act.act} of ${act.at} by ${act.user}; what is there now is saved first.`
  if (!(await isAllowed(on, 'undo', environment, what, yes))) return
  const coming = { snapshot, lane: environment.name, named: saved, undoes: act.id }
  const before = await bringBack(on, 'undo', environment.name, coming)
  clearProgress()
  printLines([
    `${environment.name} is what it was before the ${act.act} of ${act.at}. What was there until now is the snapshot ${before}; this undoes it:`,
    `  ${isolaneCommand(config.root)} undo ${environment.name}`,
  ])
}
