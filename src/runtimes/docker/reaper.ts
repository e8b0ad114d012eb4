import { messageOf } from '../../core/errors.ts'
import type { Report } from '../../core/report.ts'
import type { Engine } from './engine.ts'
import { findImage } from './images.ts'
import type { Labels } from './labels.ts'
import { loadTestcontainers, reaperImage } from './testcontainers.ts'

let session: Promise<Labels> | undefined

/**
 * The labels that have testcontainers' reaper remove a container soon after this process has ended, however it ended.
 * None where the user has disabled it, or where its image is not on the engine: our own sweep does that work always.
 */
export function reaperLabels(engine: Engine, report: Report): Promise<Labels> {
  session ??= openSession(engine, report)
  return session
}

async function openSession(engine: Engine, report: Report): Promise<Labels> {
  if (process.env.TESTCONTAINERS_RYUK_DISABLED === 'true') return {}
  const image = await reaperImage()
  if (!image || !(await findImage(engine, image).catch(() => undefined))) return {}
  try {
    const { getReaper, LABEL_TESTCONTAINERS_SESSION_ID } = await loadTestcontainers()
    const { sessionId } = await getReaper(engine.client)
    return { [LABEL_TESTCONTAINERS_SESSION_ID]: sessionId }
  } catch (error) {
    const text = `the reaper of testcontainers did not start, so the next run removes what a killed one leaves: ${messageOf(error)}`
    report({ kind: 'warning', subject: 'docker', text })
    return {}
  }
}
