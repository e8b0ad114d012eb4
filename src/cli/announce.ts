import type { Announcement } from '../core/background-stack.ts'
import { errorLine } from '../core/lane-protocol.ts'

/** Tells whoever started us and is still there. */
export async function announce(announcement: Announcement): Promise<void> {
  if (!process.send || !process.connected) return
  const { promise, resolve } = Promise.withResolvers<void>()
  process.send(announcement, () => resolve())
  await promise
}

/** A failure is told to whoever started us as well. */
export async function announcingFailure<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work()
  } catch (error) {
    await announce({ kind: 'failed', error: errorLine(error) })
    throw error
  }
}
