import type { Command } from 'commander'
import type { ResolvedConfig } from '../core/config.ts'
import { noSuchEnvironment } from '../core/environment-errors.ts'
import type { EnvironmentStatus } from '../core/environment-status.ts'
import type { LaneClient } from '../core/lane-client.ts'
import type { ActingOn } from '../environments/acts.ts'
import { confirmAct } from '../environments/confirm.ts'
import { type ActName, needsSnapshot } from '../environments/policy.ts'
import { freshSnapshot } from '../environments/policy-snapshot.ts'
import { SnapshotStore } from '../snapshots/store.ts'
import { connectUp, projectConfig } from './project.ts'
import { endOnSignals } from './signals.ts'
import { canAsk, notDone, typedWords } from './snapshot/asking.ts'
import { clearProgress, terminalReport } from './terminal-report.ts'

/** What an act of the command line works with. */
export interface Acting extends ActingOn {
  readonly config: ResolvedConfig
}

/** Does something with the project's stack that is up. @throws ISOLANE_STACK_NOT_UP */
export async function withStackUp(command: Command, work: (on: Acting) => Promise<void>): Promise<void> {
  const { signal } = endOnSignals()
  const config = await projectConfig(command)
  const { client } = await connectUp(config)
  try {
    await work({ config, store: SnapshotStore.of(config), client, report: terminalReport(), signal })
  } finally {
    client.close()
  }
}

/** Those of the stack that is up, by name. */
export async function environmentsByName(client: LaneClient): Promise<ReadonlyMap<string, EnvironmentStatus>> {
  const { environments = [] } = await client.request('status', {})
  return new Map(environments.map((each) => [each.name, each]))
}

/** @throws ISOLANE_OPTION_INVALID */
export async function environmentOf(client: LaneClient, name: string): Promise<EnvironmentStatus> {
  const all = await environmentsByName(client)
  const found = all.get(name)
  if (found) return found
  throw noSuchEnvironment(name, [...all.keys()])
}

/**
 * Has an act allowed, or says that it is not done.
 * @param what will come of it, for people: a sentence
 * @throws ISOLANE_ENVIRONMENT_PROTECTED
 */
export async function isAllowed(
  { config, store }: Acting,
  act: ActName,
  environment: EnvironmentStatus,
  what: string,
  yes: boolean,
): Promise<boolean> {
  const services = Object.keys({ ...environment.addresses, ...environment.problems })
  const snapshot = needsSnapshot(act, environment)
    ? await freshSnapshot(store, config.name, environment.name, services)
    : undefined
  const wish = {
    act,
    environment,
    terminal: canAsk(),
    yes,
    ...(snapshot ? { snapshotAge: snapshot.age } : {}),
  }
  clearProgress()
  const why = await confirmAct(wish, (words) => typedWords(what, words))
  return why === undefined || notDone(why)
}
