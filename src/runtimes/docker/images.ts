import type { Engine } from './engine.ts'
import { statusOf } from './errors.ts'
import { type PullOptions, pullOnce, unavailable } from './pull.ts'
import { loadTestcontainers } from './testcontainers.ts'

export interface Image {
  /** With the registry or prefix that the user's settings put before it. */
  readonly name: string
  readonly id: string
  /** Who runs it, where the image says so. */
  readonly user: string
}

/** The image, pulled when it is not there. @throws ISOLANE_IMAGE_UNAVAILABLE */
export async function provideImage(engine: Engine, wanted: string, options: PullOptions): Promise<Image> {
  const { name, registry } = await fullName(wanted)
  await pullOnce(engine, name, registry, async () => (await findImage(engine, name)) !== undefined, options)
  const image = await findImage(engine, name)
  if (!image) throw unavailable(name, new Error('the pull ended without it'))
  return image
}

/** By the name under which it would be used, and whether it is there. */
export async function findWanted(engine: Engine, wanted: string): Promise<{ image: string; present: boolean }> {
  const { name } = await fullName(wanted)
  return { image: name, present: (await findImage(engine, name)) !== undefined }
}

async function fullName(wanted: string): Promise<{ name: string; registry: string | undefined }> {
  const { ImageName } = await loadTestcontainers()
  const { string: name, registry } = ImageName.fromString(wanted)
  return { name, registry }
}

export async function findImage({ api }: Engine, name: string): Promise<Image | undefined> {
  try {
    const { Id, Config } = await api.getImage(name).inspect()
    return { name, id: Id, user: Config?.User ?? '' }
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}
