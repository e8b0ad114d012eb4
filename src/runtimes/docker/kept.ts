import { dirname } from 'node:path'
import { IsolaneError } from '../../core/errors.ts'
import type { Plan } from './ground.ts'
import { labels } from './labels.ts'
import { Living } from './living.ts'
import { endContainer } from './remove.ts'
import { inspect } from './state.ts'
import type { Container } from './testcontainers.ts'

/**
 * The container that still runs under a kept name and is just what the plan would make; its owner is dead. Others of
 * that name are removed: their volumes stay for the one that is made anew.
 * @throws ISOLANE_START_FAILED when somebody else uses the name
 */
export async function findKept(
  plan: Plan,
  fingerprint: string,
): Promise<{ name: string; container: Container } | undefined> {
  const { keep, engine, context } = plan
  const filters = JSON.stringify({ label: [`${labels.kept}=${keep}`] })
  const living = new Living(dirname(context.run.folder))
  let found: { name: string; container: Container } | undefined
  for (const { Id, Names, Labels, State } of await engine.api.listContainers({ all: true, filters })) {
    const name = Names[0]?.slice(1) ?? Id
    const isOwn = Labels[labels.run] === context.run.id
    if (!isOwn && !living.isAbandoned(name, Labels)) {
      if (State === 'running') throw inUse(plan, name, living.isOurs(Labels))
      continue
    }
    const container = engine.api.getContainer(Id)
    if (!found && !isOwn && (await matches(plan, container, fingerprint))) found = { name, container }
    else await endContainer(container)
  }
  return found
}

/** The hash covers all that it was made from; its memory may have been changed since. */
async function matches(plan: Plan, container: Container, fingerprint: string): Promise<boolean> {
  const found = await inspect(container)
  if (!found?.State.Running || found.State.Paused) return false
  return (
    found.Config.Labels[labels.fingerprint] === fingerprint && found.HostConfig.Memory === (plan.container.memory ?? 0)
  )
}

function inUse({ spec }: Plan, name: string, isOurs: boolean): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_START_FAILED',
    message: `The data kept for ${spec.service} are in use by the container ${name} of ${isOurs ? 'another process' : 'another machine or state folder'}`,
    remedy: `end that stack with \`isolane down\` where it was started, or remove the container (\`docker rm -f ${name}\`)`,
  })
}
