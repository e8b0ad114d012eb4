import type { Command } from 'commander'
import { chosenConfig, sidesOf } from '../builtin.ts'
import type { ResolvedConfig } from '../core/config.ts'
import { withMemory } from '../core/process-memory.ts'
import { findSide } from '../upgrade/sides/find.ts'
import { otherSide, type SideName, type Sides, versionsLine } from '../upgrade/sides/record.ts'
import { connectUp, ownProjectConfig } from './project.ts'
import { environmentLines } from './status/environments.ts'
import { describe } from './status/view.ts'
import { warningLines } from './status/warnings.ts'
import { watch } from './status/watch.ts'
import { wholeNumber } from './whole-number.ts'

interface StatusFlags {
  readonly json: boolean
  readonly passwords: boolean
  readonly watch: boolean
  readonly interval: number
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('show the stack that is up: services and where they answer, environments, lanes and who holds them')
    .option('--json', 'print JSON; with --watch each on one line', false)
    .option(
      '--passwords',
      "also show the servers' administrators and each lane's environment, passwords included",
      false,
    )
    .option('--watch', 'show it again and again, until Ctrl-C', false)
    .option('--interval <seconds>', 'how long --watch waits between two looks', wholeNumber(4), 2)
    .action((flags: StatusFlags, command: Command) => status(flags, command))
}

async function status(flags: StatusFlags, command: Command): Promise<void> {
  const own = await ownProjectConfig(command)
  const sides = sidesOf(own)
  const config = await chosenConfig(own, sides)
  const look = () => lookAt(config, sides, flags)
  if (flags.watch) await watch(look, flags.interval * 1000, flags.json)
  else process.stdout.write(await look())
}

async function lookAt(
  config: ResolvedConfig,
  sides: Sides | undefined,
  { json, passwords, watch: again }: StatusFlags,
): Promise<string> {
  const { record, client } = await connectUp(config)
  try {
    const stack = withMemory(await client.request('status', { passwords, facts: true }))
    if (json) {
      const { owner, startedAt, logFile } = record
      return `${JSON.stringify({ ...stack, owner, startedAt, logFile, ...sideNow(sides) }, undefined, again ? 0 : 2)}\n`
    }
    const paragraphs = [
      ...sideLines(sides),
      ...describe(stack),
      await environmentLines(config, stack),
      await warningLines(config, stack),
    ]
    return `${paragraphs.filter(Boolean).join('\n\n')}\n`
  } finally {
    client.close()
  }
}

function sideNow(sides: Sides | undefined): Readonly<Record<string, unknown>> {
  return sides ? { side: sides.active } : {}
}

/** The other one too, so that nobody forgets that it is there. */
function sideLines(sides: Sides | undefined): string[] {
  if (!sides) return []
  const other = otherSide(sides.active)
  const [active, beside] = [sides.active, other].map(
    (name) => `${name} (${versionsLine(sides[name as SideName].versions)})`,
  )
  const is = findSide(sides, other) ? 'is up beside it' : 'is gone'
  return [`Side ${active}; ${beside} ${is}. \`isolane switch\` shows both and chooses, \`isolane down\` ends them.`]
}
