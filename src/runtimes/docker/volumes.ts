import { dirname } from 'node:path'
import type { RuntimeContext, Swept } from '../../core/contracts.ts'
import { volumeName } from './blueprint.ts'
import type { Engine } from './engine.ts'
import { engineReason, statusOf } from './errors.ts'
import type { Plan } from './ground.ts'
import { labels, volumeLabelsFor } from './labels.ts'
import { Living } from './living.ts'
import { removeContainer } from './remove.ts'

/** Makes the volumes of what is kept, with our labels. Those that are there stay as they are. */
export async function provideVolumes({ engine, container, context, spec, keep }: Plan): Promise<void> {
  if (keep === undefined) return
  const Labels = volumeLabelsFor(context.run, spec.service, keep)
  await Promise.all(
    container.data.map((_, index) => engine.api.createVolume({ Name: volumeName(keep, index), Labels })),
  )
}

/**
 * Removes the data kept under a name, and a container on them that nobody answers for any more. What a living process
 * or another machine uses stays, and so do volumes that we did not make.
 */
export async function forgetKept(engine: Engine, context: RuntimeContext, keep: string): Promise<readonly Swept[]> {
  const filters = JSON.stringify({ label: [`${labels.kept}=${keep}`] })
  const living = new Living(dirname(context.run.folder))
  for (const { Id, Names, Labels } of await engine.api.listContainers({ all: true, filters })) {
    if (living.isAbandoned(Names[0]?.slice(1) ?? '', Labels)) await removeContainer(engine.api.getContainer(Id))
  }
  const { Volumes } = await engine.api.listVolumes({ filters })
  return Promise.all(Volumes.map(({ Name }) => removeVolume(engine, Name)))
}

async function removeVolume({ api }: Engine, name: string): Promise<Swept> {
  const volume = { kind: 'volume', what: `volume ${name}` }
  try {
    await api.getVolume(name).remove()
  } catch (error) {
    if (statusOf(error) !== 404) return { ...volume, removed: false, reason: engineReason(error) }
  }
  return { ...volume, removed: true }
}
