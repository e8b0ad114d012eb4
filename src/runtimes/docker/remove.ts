import { setTimeout as delay } from 'node:timers/promises'
import { isUnanswered, statusOf } from './errors.ts'
import { inspect } from './state.ts'
import type { Container } from './testcontainers.ts'

/** Time a restarting engine gets to answer again, in milliseconds. */
const patience = 15_000
/** Seconds that a server gets to write what it has. */
const stopGrace = 25

/** Removes a container with its anonymous volumes, running or not. Done when it is gone, whoever removed it. */
export async function removeContainer(container: Container): Promise<void> {
  const begun = performance.now()
  for (;;) {
    try {
      await container.remove({ force: true, v: true })
      return
    } catch (error) {
      if (statusOf(error) === 404) return
      const isBusy = statusOf(error) === 409 || isUnanswered(error)
      if (!isBusy || performance.now() - begun > patience) throw error
    }
    // Somebody else removes it just now (409), or the engine restarts.
    await delay(100)
    const left = await inspect(container).catch(() => container)
    if (!left) return
  }
}

/** Asks the server to end first, for data that are to last; the engine kills it after a grace. */
export async function endContainer(container: Container): Promise<void> {
  try {
    await container.stop({ t: stopGrace })
  } catch (error) {
    // 304: it has ended already; 404: it is gone.
    if (statusOf(error) !== 304 && statusOf(error) !== 404) throw error
  }
  await removeContainer(container)
}
