import type { Administrator } from '../client.ts'
import { rightsScript } from './load-scripts.ts'

/**
 * On a server that is not ours it depends on the user that we were given. Changes nothing.
 * @param number one that is granted
 * @returns why lanes there can't be saved, or loaded; `undefined` when they can
 */
export async function whyUnsupported(administrator: Administrator, number: number): Promise<string | undefined> {
  const refusal = String(await administrator.send('EVAL', rightsScript, 0, number))
  if (refusal === '') return undefined
  return `the user given for its server may not use all of DUMP, TYPE, PTTL, COPY and RESTORE (${refusal})`
}
