import { memory } from './memory.ts'

/** How long an answer is good for, in milliseconds. */
export const defaultLifetime = 60_000

/**
 * The cached answer to `question`, or a computed one that is then kept. `about` names what the answer depends on: see
 * {@link invalidate}.
 */
export async function cached<Answer>(
  question: string,
  about: readonly string[],
  compute: () => Promise<Answer>,
  lifetime = defaultLifetime,
): Promise<Answer> {
  const key = `answer:${question}`
  const known = await memory().get(key)
  if (known !== null) return JSON.parse(known) as Answer
  const answer = await compute()
  const writing = memory().multi().set(key, JSON.stringify(answer), 'PX', lifetime)
  for (const subject of about) writing.sadd(`about:${subject}`, key)
  await writing.exec()
  return answer
}

/** Forgets every answer that depends on one of the subjects; returns how many there were. */
export async function invalidate(...subjects: string[]): Promise<number> {
  let forgotten = 0
  for (const subject of subjects) {
    const keys = await memory().smembers(`about:${subject}`)
    if (keys.length > 0) forgotten += await memory().del(...keys)
    await memory().del(`about:${subject}`)
  }
  return forgotten
}

/** Forgets everything in memory, answers and all. */
export async function forgetEverything(): Promise<void> {
  await memory().flushdb()
}
