import { type Command, InvalidArgumentError } from 'commander'
import { IsolaneError } from '../core/errors.ts'

const kinds = ['postgres', 'redis', 'neo4j'] as const

/** What {@link addVersionOptions} has commander give. */
export interface VersionOptions {
  readonly postgres?: string
  readonly redis?: string
  readonly neo4j?: string
  readonly service?: readonly (readonly [name: string, value: string])[]
}

/**
 * `--postgres`, `--redis`, `--neo4j`, and `--service NAME=…` for services by their own names.
 * @param what one gives them: `versions`
 */
export function addVersionOptions(command: Command, what: string, example: string): Command {
  for (const kind of kinds) command.option(`--${kind} <${what}>`, `for the service of that name, or all of that kind`)
  return command.option(
    `--service <name=${what}>`,
    `for a service by its name, such as orders=${example}; may be repeated`,
    (text: string, before: readonly (readonly [string, string])[] = []) => [...before, named(text)],
  )
}

/** What was given, by service or kind. @throws ISOLANE_OPTION_INVALID for a service that is named twice */
export function versionOptions(options: VersionOptions): Readonly<Record<string, string>> {
  const given = [
    ...kinds.flatMap((kind) => (options[kind] === undefined ? [] : [[kind, options[kind]] as const])),
    ...(options.service ?? []),
  ]
  const names = given.map(([name]) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice === undefined) return Object.fromEntries(given)
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `The versions of ${twice} are given twice`,
    remedy: 'give them once, with commas between',
  })
}

function named(text: string): readonly [string, string] {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be NAME=….')
  return [name, value]
}
