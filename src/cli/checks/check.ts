import { isIsolaneError, messageOf } from '../../core/errors.ts'

/** One thing that `isolane doctor` looked at. */
export interface Check {
  readonly name: string
  /** `note`: worth knowing, no reason to fail. */
  readonly state: 'ok' | 'note' | 'failed'
  readonly text: string
  /** What to do about it. */
  readonly remedy?: string
}

export function ok(name: string, text: string): Check {
  return { name, state: 'ok', text }
}

export function note(name: string, text: string, remedy?: string): Check {
  return { name, state: 'note', text, ...(remedy === undefined ? {} : { remedy }) }
}

export function failed(name: string, text: string, remedy: string): Check {
  return { name, state: 'failed', text, remedy }
}

/** What was thrown, as a failed check. */
export function failure(name: string, error: unknown): Check {
  if (isIsolaneError(error)) return failed(name, error.reason, error.remedy)
  return failed(name, messageOf(error), 'see the text; it is not an error that Isolane knows')
}

/** A check that itself fails is a failed check, not the end of the others. */
export async function checking(name: string, work: () => Promise<Check[]> | Check[]): Promise<Check[]> {
  try {
    return await work()
  } catch (error) {
    return [failure(name, error)]
  }
}
