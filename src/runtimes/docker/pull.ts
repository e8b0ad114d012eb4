import { IsolaneError } from '../../core/errors.ts'
import type { Report } from '../../core/report.ts'
import type { Engine } from './engine.ts'
import { engineFull, engineReason } from './errors.ts'
import { type PullEvent, PullProgress } from './pull-progress.ts'
import { registryLogin } from './testcontainers.ts'

export interface PullOptions {
  readonly report: Report
  readonly signal: AbortSignal
}

interface Pull {
  readonly done: Promise<void>
  readonly abort: AbortController
  waiting: number
}

/** Those under way in this process, so that services that share an image wait for one pull. */
const pulls = new Map<string, Pull>()

/**
 * The pull ends when nobody waits for it any more.
 * @param isThere looks for the image; done once for all who ask at the same time, as the pull is
 */
export async function pullOnce(
  engine: Engine,
  name: string,
  registry: string | undefined,
  isThere: () => Promise<boolean>,
  { report, signal }: PullOptions,
): Promise<void> {
  signal.throwIfAborted()
  const key = `${engine.address} ${name}`
  const pull = pulls.get(key) ?? begin()
  pulls.set(key, pull)
  pull.waiting += 1
  const { promise: calledOff, reject } = Promise.withResolvers<never>()
  const callOff = () => reject(signal.reason)
  signal.addEventListener('abort', callOff, { once: true })
  try {
    await Promise.race([pull.done, calledOff])
  } finally {
    signal.removeEventListener('abort', callOff)
    pull.waiting -= 1
    if (pull.waiting === 0) {
      pulls.delete(key)
      pull.abort.abort()
    }
  }

  function begin(): Pull {
    const abort = new AbortController()
    const pullUnlessThere = async () => {
      if (!(await isThere())) await pullImage(engine, name, registry, report, abort.signal)
    }
    const done = pullUnlessThere()
    // Whoever waits is told; when nobody does any more, nobody needs to be.
    done.catch(() => {})
    return { done, abort, waiting: 0 }
  }
}

async function pullImage(
  { api, client, address }: Engine,
  name: string,
  registry: string | undefined,
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  const begun = performance.now()
  report({ kind: 'progress', subject: 'docker', text: `pulling ${name}` })
  try {
    const authconfig = await registryLogin(registry ?? client.info.containerRuntime.indexServerAddress)
    const stream = await api.pull(name, { ...(authconfig ? { authconfig } : {}), abortSignal: signal })
    const progress = new PullProgress((share) =>
      report({ kind: 'progress', subject: 'docker', text: `pulling ${name}: ${share} %` }),
    )
    await new Promise<void>((resolve, reject) => {
      api.modem.followProgress(
        stream,
        (error) => (error ? reject(error) : resolve()),
        (event: PullEvent) => {
          if (event.error) reject(new Error(event.error))
          else progress.add(event)
        },
      )
    })
  } catch (error) {
    throw engineFull(address, error) ?? unavailable(name, error)
  }
  report({ kind: 'done', subject: 'docker', text: `pulled ${name}`, duration: performance.now() - begun })
}

export function unavailable(name: string, cause: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_IMAGE_UNAVAILABLE',
    message: `The image ${name} is not on this engine and can't be pulled: ${engineReason(cause)}`,
    remedy: `correct its name, log in to its registry, or bring it in by hand (\`docker pull ${name}\`)`,
    cause,
  })
}
