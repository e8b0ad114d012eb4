import { messageOf } from '../src/core/errors.ts'
import { findEngine } from '../src/runtimes/docker/engine.ts'
import { findImage } from '../src/runtimes/docker/images.ts'

/**
 * Why tests that need these images in Docker can't run here; empty when they can. It belongs into their name, so that a
 * list of skipped tests tells it: `` describe.skipIf(lacking)(`Postgres in Docker${lacking}`, …) ``.
 */
export async function lackingForDocker(...images: readonly string[]): Promise<string> {
  const found = await findEngine()
  if ('closed' in found) return ` [${found.closed.reason}]`
  for (const image of images) {
    try {
      if (!(await findImage(found.engine, image))) return ` [no image ${image}: run \`node test/images/build.ts\`]`
    } catch (error) {
      return ` [Docker can't tell of the image ${image}: ${messageOf(error)}]`
    }
  }
  return ''
}
