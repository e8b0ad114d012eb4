import { type Command, InvalidArgumentError } from 'commander'

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
  for (const kind of kinds) {
    const text = 'for the service of that name, or all of that kind; may be repeated'
    command.option(`--${kind} <${what}>`, text, (value: string, before?: string) => joined(before, value))
  }
  return command.option(
    `--service <name=${what}>`,
    `for a service by its name, such as orders=${example}; may be repeated`,
    (text: string, before: readonly (readonly [string, string])[] = []) => [...before, named(text)],
  )
}

/** What was given, by service or kind. What was given for one in several options is there with commas between. */
export function versionOptions(options: VersionOptions): Readonly<Record<string, string>> {
  const given = [
    ...kinds.flatMap((kind) => (options[kind] === undefined ? [] : [[kind, options[kind]] as const])),
    ...(options.service ?? []),
  ]
  const all: Record<string, string> = {}
  for (const [name, value] of given) all[name] = joined(all[name], value)
  return all
}

function joined(before: string | undefined, value: string): string {
  return before === undefined ? value : `${before},${value}`
}

function named(text: string): readonly [string, string] {
  const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? []
  if (name === undefined || value === undefined) throw new InvalidArgumentError('It must be NAME=….')
  return [name, value]
}
