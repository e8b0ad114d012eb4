import type { Submittable } from 'pg'

export type Callback = (error: unknown, result?: unknown) => void

/** One call of a client's `query`, whichever of its forms was used. */
export interface QueryCall {
  /** The text, or the object that holds it and more. */
  readonly query: unknown
  readonly text: string
  readonly values: unknown
  /** The same, or those that the object holds. */
  readonly parameters: readonly unknown[]
  readonly callback: Callback | undefined
}

export function readCall(given: unknown, rest: readonly unknown[]): QueryCall {
  const values = rest.find((part) => Array.isArray(part))
  const held = (given as { readonly values?: unknown } | undefined)?.values
  const own = (given as { readonly callback?: unknown } | undefined)?.callback
  const callback = [...rest, own].find((part) => typeof part === 'function') as Callback | undefined
  return {
    // Not a copy: the text may be computed by the object's class.
    query: typeof own === 'function' ? Object.create(given as object, { callback: { value: undefined } }) : given,
    text: textOf(given),
    values,
    parameters: values ?? (Array.isArray(held) ? held : []),
    callback,
  }
}

/** Cursors, streams and the like, which talk to the connection themselves. */
export function isSubmittable(given: unknown): given is Submittable {
  return typeof (given as Submittable | undefined)?.submit === 'function'
}

/** pg-query-stream has its text in the cursor that it reads. */
export function submittableText(given: Submittable): string {
  return textOf(given) || textOf((given as { readonly cursor?: unknown }).cursor)
}

function textOf(given: unknown): string {
  const text = typeof given === 'string' ? given : (given as { readonly text?: unknown } | undefined)?.text
  return typeof text === 'string' ? text : ''
}
