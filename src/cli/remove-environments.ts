import type { ResolvedConfig } from '../core/config.ts'
import { isProduction } from '../core/environment-names.ts'
import { environmentsWithData } from '../core/environment-record.ts'
import { stateFolder } from '../core/folders.ts'
import { confirmAct, environmentProtected } from '../environments/confirm.ts'
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
  const services = Object.keys(config.services).filter((name) => config.services[name]?.service.environments)
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
        // The runtime removes what it has kept under this stack's name, and nothing else.
        marked: true,
        ...(snapshot ? { snapshotAge: snapshot.age } : {}),
      },
      (words) => typedWords(`All that is in ${name} goes, and does not come back.`, words),
    )
    if (why !== undefined) return notDone(why)
  }
  return true
}

function unknownNow(name: string) {
  return environmentProtected({
    message: `The data hold the environment ${name}, which the config has no more, and whether it is protected is not known`,
    remedy: `put it back into the config (\`${name}: {}\`, or \`${name}: { protected: true }\`), then do this again`,
  })
}
