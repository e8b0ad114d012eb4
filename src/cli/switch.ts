import { Argument, type Command } from 'commander'
import { IsolaneError } from '../core/errors.ts'
import { isolaneCommand } from '../core/isolane-command.ts'
import { table } from '../core/table.ts'
import { otherSide, type SideName, type Sides, sideNames, versionsLine } from '../upgrade/sides/record.ts'
import { type SideState, type SideStates, statesOf } from '../upgrade/sides/state.ts'
import { requireSides, type Switched, switchSides } from '../upgrade/sides/switch.ts'
import { writeLines } from '../upgrade/sides/writes.ts'
import { ownProjectConfig } from './project.ts'
import { ageText, printJson, printLines } from './snapshot/text.ts'

interface SwitchFlags {
  readonly rollback: boolean
  readonly json: boolean
}

export function addSwitch(program: Command): void {
  program
    .command('switch')
    .description('choose the side that `isolane exec` and new runs get, of those that `upgrade --blue-green` has made')
    .addArgument(new Argument('[side]', 'when left out, both are shown').choices(sideNames))
    .option('--rollback', 'go back to the side that was active before', false)
    .option('--json', 'print JSON', false)
    .action((side: SideName | undefined, flags: SwitchFlags, command: Command) => choose(side, flags, command))
}

async function choose(side: SideName | undefined, { rollback, json }: SwitchFlags, command: Command): Promise<void> {
  if (side !== undefined && rollback) throw sideAndRollback()
  const config = await ownProjectConfig(command)
  if (side === undefined && !rollback) {
    await show(requireSides(config), json)
    return
  }
  const switched = await switchSides(config, side)
  const { from, to, states } = switched
  if (json) printJson({ from, to, sides: sideNames.map((name) => ({ ...states[name], active: name === to })) })
  else printLines(switchedLines(switched, config.root))
}

async function show(sides: Sides, json: boolean): Promise<void> {
  const states = await statesOf(sides)
  const { active, before, createdAt, snapshot } = sides
  if (json) printJson({ active, before, createdAt, snapshot: snapshot.name, sides: Object.values(states) })
  else
    printLines([...sidesTable(states).split('\n'), '', ...sideNames.flatMap((name) => stateLines(states[name], sides))])
}

/** Which there are, and which is active. */
export function sidesTable(states: Readonly<Record<SideName, Omit<SideState, 'writes'>>>): string {
  const rows = sideNames.map((name) => {
    const { active, versions, up, pid, stack, lane } = states[name]
    const is = up ? `up, pid ${pid}` : 'not up'
    return [active ? `* ${name}` : `  ${name}`, versionsLine(versions), is, stack, lane]
  })
  return table(['  side', 'versions', 'is', 'stack', 'data'], rows)
}

function stateLines({ name, problem, remedy, writes }: SideState, { createdAt }: Sides): string[] {
  if (problem !== undefined) return [`${problem}: ${remedy}`]
  const age = ageText(createdAt)
  const since = `since the copy (${age === 'just now' ? age : `${age} ago`})`
  if (!writes) return [`What was written to ${name} ${since} can't be told.`]
  const lines = writeLines(writes)
  if (lines.length === 0) return [`Nothing was written to ${name} ${since}.`]
  return [`Written to ${name} ${since}:`, ...lines.map((line) => `  ${line}`)]
}

function switchedLines({ from, to, states }: Switched, root: string): string[] {
  const versions = versionsLine(states[to].versions)
  const isolane = isolaneCommand(root)
  if (from === to) return [`${to} (${versions}) is active already.`, ...writeTexts(states, otherSide(to))]
  return [
    `${to} (${versions}) is active now: new runs and \`isolane exec\` get it. Runs that go on keep ${from}.`,
    ...writeTexts(states, from),
    ...(states[from].problem === undefined ? [`Back: ${isolane} switch --rollback`] : []),
  ]
}

/** @param behind whose writes are not in the active one */
function writeTexts(states: SideStates, behind: SideName): string[] {
  const other = otherSide(behind)
  return [
    ...writeText(states[behind], `Written to ${behind} since the copy, and not in ${other}:`),
    ...writeText(states[other], `Written to ${other} since the copy, and not in ${behind}:`),
  ]
}

function writeText({ name, problem, writes }: SideState, head: string): string[] {
  if (problem !== undefined) return [`${problem}: what was written to ${name} is lost`]
  if (!writes) return [`What was written to ${name} since the copy can't be told.`]
  const lines = writeLines(writes)
  return lines.length === 0
    ? [`Nothing was written to ${name} since the copy.`]
    : [head, ...lines.map((line) => `  ${line}`)]
}

function sideAndRollback(): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: 'A side is named, and --rollback names another one',
    remedy: 'leave one of them out',
  })
}
