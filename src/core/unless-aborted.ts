/**
 * A user's migration may take for ever: whoever waits for it stops waiting, and then takes its server away.
 * @throws the signal's reason as soon as it fires
 */
export async function unlessAborted<Result>(signal: AbortSignal, work: Promise<Result>): Promise<Result> {
  const { promise, reject } = Promise.withResolvers<never>()
  const abort = () => reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    if (signal.aborted) abort()
    return await Promise.race([work, promise])
  } finally {
    signal.removeEventListener('abort', abort)
    // Nobody asks any more what becomes of it.
    work.catch(() => {})
  }
}
