import { dockerTools } from '../../builtin.ts'
import { type Check, failed, note, ok } from './check.ts'
import { installedVersion } from './installed-version.ts'
import type { Subject } from './subjects.ts'

/** Whether containers can be had, from where, and with which images. A failure only where they are asked for by name. */
export async function dockerChecks(subjects: readonly Subject[], isProject: boolean): Promise<Check[]> {
  const { findEngine, findWanted } = await dockerTools()
  const found = await findEngine()
  if ('closed' in found) {
    const { reason, remedy } = found.closed
    if (subjects.some(({ runtime }) => runtime === 'docker')) return [failed('Docker', reason, remedy)]
    return [note('Docker', reason, `only the runtime docker needs it: ${remedy}`)]
  }
  const { engine } = found
  const library = installedVersion('testcontainers')
  const text = `${engine.version} at ${engine.address}, ports on ${engine.host}, through testcontainers ${library}`
  const images = (isProject ? subjects : []).flatMap(({ name, runtime, spec }) =>
    spec.container && ['docker', 'auto'].includes(runtime) ? [{ name, image: spec.container.image }] : [],
  )
  const checks = images.map(async ({ name, image }) => imageCheck(name, await findWanted(engine, image)))
  return [ok('Docker', text), ...(await Promise.all(checks))]
}

function imageCheck(name: string, { image, present }: { image: string; present: boolean }): Check {
  if (present) return ok(name, `the image ${image} is there`)
  return note(
    name,
    `the image ${image} is not there yet; the first run pulls it`,
    `\`docker pull ${image}\` gets it now`,
  )
}
