import type { ResolvedConfig } from '../core/config.ts'
import { isProduction } from '../core/environment-names.ts'
import { environmentData, environmentsWithData } from '../core/environment-record.ts'
import { stateFolder } from '../core/folders.ts'
import { confirmAct, environmentProtected } from '../environments/confirm.ts'
import { recorded } from '../environments/log.ts'
import { needsSnapshot } from '../environments/policy.ts'
import { freshSnapshot } from '../environments/policy-snapshot.ts'
import { SnapshotStore } from '../snapshots/store.ts'
import { canAsk, notDone, typedWords } from './snapshot/asking.ts'

/**
 * Whether the data of a stack's environments may go, all of them, whether it is up or not.
 * @throws ISOLANE_ENVIRONMENT_PROTECTED
 */
export async function mayRemoveEnvironments(config: ResolvedConfig, yes: boolean): Promise<boolean> {
  const names = environmentsWithData(stateFolder(), config)
  const stranger = names.find((name) => !(name in config.environments))
  if (stranger !== undefined) throw unknownNow(stranger)
  const made = Object.entries(environmentData(stateFolder(), config)).filter(([, data]) => data.made)
  const services = made.map(([service]) => service)
  for (const name of names) {
    const { lanes = false, protected: isProtected = isProduction(name) } = config.environments[name] ?? {}
    const environment = { name, lanes, protected: isProtected }
    const snapshot = needsSnapshot('remove', environment)
      ? await freshSnapshot(SnapshotStore.of(config), config.name, name, services)
      : undefined
    const why = await confirmAct(
      {
        act: 'remove',
        environment,
        terminal: canAsk(),
        yes,
        ...(snapshot ? { snapshotAge: snapshot.age } : {}),
      },
      (words) => typedWords(`All that is in ${name} goes, and does not come back.`, words),
    )
    if (why !== undefined) return notDone(why)
  }
  return true
}

/** Removes the data, and has it on record for each environment that they hold. @param work whether all of them are gone */
export function recordedRemoval(config: ResolvedConfig, work: () => Promise<boolean>): Promise<boolean> {
  const names = environmentsWithData(stateFolder(), config)
  const inEach = names.reduceRight(
    (then, environment) => () => recorded(config, { act: 'remove', environment }, then, (isGone) => isGone),
    work,
  )
  return inEach()
}

function unknownNow(name: string) {
  return environmentProtected({
    message: `The data hold the environment ${name}, which the config has no more, and whether it is protected is not known`,
    remedy: `put it back into the config (\`${name}: {}\`, or \`${name}: { protected: true }\`), then do this again`,
  })
}
