import { IsolaneError } from '../../core/errors.ts'
import { isolaneCommand } from '../../core/isolane-command.ts'
import type { LaneClient } from '../../core/lane-client.ts'
import type { LaneStatus } from '../../core/lane-status.ts'
import { createSnapshot } from '../../snapshots/create.ts'
import { restoreIntoLane } from '../../snapshots/restore.ts'
import { pruneAfter } from '../../snapshots/retention.ts'
import { environmentsByName } from '../environment-acts.ts'
import { connectUp } from '../project.ts'
import { clearProgress, terminalReport } from '../terminal-report.ts'
import { confirmed } from './asking.ts'
import type { Restoring } from './restore.ts'
import { openLines, tellLeftAlone } from './restore-beside.ts'
import { restoreEnvironment } from './restore-environment.ts'
import { printLines } from './text.ts'

/**
 * Into a lane that holds something, or an environment: that is saved first, so that it can be had back.
 * @param from of the snapshot
 * @param yes it may be replaced without asking
 * @throws ISOLANE_STACK_NOT_UP, ISOLANE_OPTION_INVALID for a lane that is neither kept nor left,
 * ISOLANE_ENVIRONMENT_PROTECTED
 */
export async function restoreOver(restoring: Restoring, from: string, into: string, yes: boolean): Promise<void> {
  const { config, store, snapshot, signal } = restoring
  const { client } = await connectUp(config)
  try {
    const environment = (await environmentsByName(client)).get(into)
    if (environment) return await restoreEnvironment(restoring, client, from, environment, yes)
    const target = await lookFor(client, into)
    const question = `Replace what is in ${into}${forWhat(target)} with ${from} of ${snapshot.name}? It is saved first.`
    clearProgress()
    if (!(await confirmed(question, yes))) return
    // So that no run takes it, or lets go of it, on the way.
    await keepAs(client, into, target.failedTest ?? `snapshot ${target.snapshot}`)
    const report = terminalReport()
    await using before = await createSnapshot({
      store,
      client,
      lanes: [into],
      reason: `what was in ${into} before ${snapshot.name} was restored into it`,
      stack: config.name,
      report,
      signal,
    })
    report({ kind: 'progress', subject: from, text: `comes back into ${into}` })
    await restoreIntoLane({
      snapshot,
      from,
      verified: true,
      load: async (folder, saved) => {
        await client.request('loadState', { lane: into, folder, saved })
        tellLeftAlone(into, Object.keys(target.addresses), saved)
      },
    })
    await keepAs(client, into, `snapshot ${snapshot.name}`)
    await pruneAfter(store, config.retention, report)
    clearProgress()
    const isolane = isolaneCommand(config.root)
    printLines([
      `${from} of ${snapshot.name} is in ${into} now. Look into it:`,
      ...openLines(isolane, into, Object.keys(target.addresses)),
      'What was there before is a snapshot; this undoes it:',
      `  ${isolane} snapshot restore ${before.name} --into ${into}`,
    ])
  } finally {
    client.close()
  }
}

async function keepAs(client: LaneClient, lane: string, reason: string): Promise<void> {
  await client.request('keepAs', { lane, reason })
}

async function lookFor(client: LaneClient, name: string): Promise<LaneStatus> {
  const { lanes } = (await client.request('status', {})).pool
  const fitting = lanes.filter(({ phase }) => phase === 'kept' || phase === 'left')
  const target = fitting.find((lane) => lane.name === name)
  if (target) return target
  const phase = lanes.find((lane) => lane.name === name)?.phase
  const names = fitting.map((lane) => lane.name)
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `--into: ${name} ${phase === 'leased' ? 'is in use' : 'is neither kept nor left'}`,
    remedy:
      names.length > 0 ? `choose from ${names.join(', ')}, or leave it out` : 'leave it out, and a clean lane is taken',
  })
}

function forWhat({ failedTest, snapshot }: LaneStatus): string {
  if (failedTest !== undefined) return `, which is kept for "${failedTest}",`
  return snapshot === undefined ? '' : `, which was left for the snapshot ${snapshot},`
}
