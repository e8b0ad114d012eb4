import * as v from 'valibot'
import { IsolaneError } from './errors.ts'
import type { Step } from './template-steps.ts'

/** A schema made with `v.strictObject`, so that unknown options are noticed. */
type OptionsSchema = v.StrictObjectSchema<v.ObjectEntries, undefined>

/**
 * Checks the options a user gave to a service: `validateOptions('redis', v.strictObject({ … }), options)`.
 * @throws ISOLANE_OPTION_INVALID, naming the option and, for an unknown one, what was probably meant.
 */
export function validateOptions<Schema extends OptionsSchema>(
  service: string,
  schema: Schema,
  options: unknown,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, options ?? {})
  if (result.success) return result.output
  const known = Object.keys(schema.entries)
  const issue = result.issues[0]
  const option = v.getDotPath(issue) ?? ''
  if (issue.type === 'strict_object' && issue.expected === 'never') throw unknownOption(service, option, known)
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: option === '' ? `${service}: the options are not an object` : `${service}: option "${option}" is invalid`,
    remedy: issue.message,
  })
}

function unknownOption(service: string, option: string, known: readonly string[]): IsolaneError {
  const meant = closest(option, known)
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${service}: unknown option "${option}"${meant === undefined ? '' : `; did you mean "${meant}"`}`,
    remedy: `the options are ${known.join(', ')}`,
  })
}

/** A migrations or seed option; what it names is looked at when the template is made. */
export function stepSchema<S extends Step = Step>(): v.GenericSchema<S> {
  const message = 'Expected a path, a function, { command, inputs } or { run, inputs }'
  const inputs = v.optional(v.array(v.string()))
  const callable = v.custom<CallableFunction>((value) => typeof value === 'function', message)
  return v.union(
    [
      v.pipe(v.string(), v.nonEmpty()),
      callable,
      v.strictObject({ command: v.pipe(v.string(), v.nonEmpty()), inputs }),
      v.strictObject({ run: callable, inputs }),
    ],
    message,
  ) as unknown as v.GenericSchema<S>
}

/** A port to ask for. */
export const portSchema = v.pipe(
  v.number('Expected a port number'),
  v.integer('Expected a whole port number'),
  v.minValue(1, 'Expected a port from 1 to 65535'),
  v.maxValue(65535, 'Expected a port from 1 to 65535'),
)

/** See `isolation` of a service definition. */
export const isolationSchema = v.picklist(['shared', 'instance'], 'Expected "shared" or "instance"')

/**
 * Refuses what only servers of our own can have, for one that `url` names.
 * @throws ISOLANE_OPTION_INVALID
 */
export function refuseBesideUrl(
  service: string,
  options: { readonly url?: string; readonly port?: number; readonly image?: string; readonly isolation?: string },
): void {
  if (options.url === undefined) return
  for (const name of ['port', 'image', 'isolation'] as const) {
    if (options[name] === undefined || options[name] === 'shared') continue
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `${service}: option "${name}" can't be combined with "url"`,
      remedy: 'leave one of them out: `url` names a server that runs already',
    })
  }
}

/** The known word nearest to a mistyped one, if any is near enough to be meant. */
export function closest(word: string, known: readonly string[]): string | undefined {
  const ranked = known
    .map((candidate) => ({ candidate, distance: editDistance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((left, right) => left.distance - right.distance)
  const best = ranked[0]
  return best && best.distance <= Math.max(2, Math.floor(word.length / 3)) ? best.candidate : undefined
}

function editDistance(left: string, right: string): number {
  let previous = Array.from({ length: right.length + 1 }, (_, column) => column)
  for (let row = 1; row <= left.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= right.length; column += 1) {
      const substituted = (previous[column - 1] ?? 0) + (left[row - 1] === right[column - 1] ? 0 : 1)
      current.push(Math.min(substituted, (previous[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1))
    }
    previous = current
  }
  return previous[right.length] ?? 0
}
