import { join } from 'node:path'
import type { Command } from 'commander'
import { chosenConfig, runtimes, sidesOf } from '../builtin.ts'
import type { ResolvedConfig } from '../core/config.ts'
import { endStack } from '../core/end-stack.ts'
import { cacheFolder, stateFolder } from '../core/folders.ts'
import { findKept, forgetKept, type KeptPlace } from '../core/kept-service.ts'
import { silent } from '../core/report.ts'
import { Run } from '../core/run.ts'
import { RuntimeSet } from '../core/runtime-choice.ts'
import { findClaim } from '../core/up-record.ts'
import { readSides } from '../upgrade/sides/record.ts'
import { exitCodes } from './exit-codes.ts'
import { connectUp, notUp, ownProjectConfig, upKey } from './project.ts'
import { mayRemoveEnvironments, recordedRemoval } from './remove-environments.ts'
import { downSides, refuseForSide } from './sides/down.ts'
import { printSwept } from './swept.ts'

interface DownFlags {
  readonly data: boolean
  readonly yes: boolean
}

export function addDown(program: Command): void {
  program
    .command('down')
    .description('end the stack that is up, or both sides where there are some, or let go of one lane that is kept')
    .argument('[lane]', 'a lane that is kept because a test failed on it')
    .option('--data', 'also remove the data that it has kept for the next `isolane up`', false)
    .option('-y, --yes', 'do not ask about what was written to the sides, or, off a terminal, about data', false)
    .action((lane: string | undefined, flags: DownFlags, command: Command) =>
      lane === undefined ? down(flags, command) : letGo(lane, command),
    )
}

async function letGo(lane: string, command: Command): Promise<void> {
  const own = await ownProjectConfig(command)
  const config = await chosenConfig(own, sidesOf(own))
  refuseForSide(readSides(upKey(own)), config.name, lane)
  const { client } = await connectUp(config)
  try {
    await client.request('letGo', { lane })
    const { ends } = await client.request('leave', {})
    process.stdout.write(`${lane} is kept no longer${ends ? '; it was the last one, so the stack ends' : ''}.\n`)
  } finally {
    client.close()
  }
}

async function down({ data, yes }: DownFlags, command: Command): Promise<void> {
  const own = await ownProjectConfig(command)
  const sides = sidesOf(own)
  const config = sides ? own : await chosenConfig(own, sides)
  // A stack with other versions has data of its own, and no environments; one that begins with a snapshot has these.
  const removed = config.name === own.name ? { ...config, environments: own.environments } : config
  if (data && !(await mayRemoveEnvironments(removed, yes))) return
  if (sides && !(await downSides(sides, yes))) return
  if (!sides) {
    refuseForSide(readSides(upKey(own)), config.name)
    await downStack(config, data)
  }
  if (data) await removeData(config)
}

async function downStack(config: ResolvedConfig, data: boolean): Promise<void> {
  const record = findClaim(upKey(config))
  if (!record && !data) throw notUp(config)
  if (!record) return
  await endStack(record)
  process.stdout.write('The stack is down.\n')
}

async function removeData(config: ResolvedConfig): Promise<void> {
  const run = new Run(join(stateFolder(), 'runs'), config.root)
  try {
    const all = new RuntimeSet(runtimes, { run, cacheFolder: cacheFolder(), report: silent })
    const places = await findKept(stateFolder(), config, all)
    const isGone = await recordedRemoval(config, async () => {
      const swept = await forgetKept(stateFolder(), config, places)
      if (swept.length === 0) process.stdout.write(`${nothingFound(places)}\n`)
      return printSwept(swept)
    })
    if (!isGone) process.exitCode = exitCodes.failed
  } finally {
    run.end()
  }
}

function nothingFound(places: readonly KeptPlace[]): string {
  const silent = new Set(places.flatMap((place) => place.silent))
  if (silent.size === 0) return 'No data were kept.'
  return `No data were found; ${[...silent].join(' and ')} did not answer, and may have some.`
}
