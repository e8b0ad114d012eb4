import type { Redis } from 'ioredis'

export interface DocumentedArgument {
  readonly name: string
  readonly type: string
  readonly token?: string
  readonly flags: readonly string[]
  readonly arguments: readonly DocumentedArgument[]
}

export interface DocumentedCommand {
  /** `string`, `list`, `sorted-set`: what kind of value it is about. */
  readonly group: string
  readonly arguments: readonly DocumentedArgument[]
}

/** What `COMMAND DOCS` says of each command's arguments; subcommands as `memory|usage`. */
export async function documentedCommands(client: Redis): Promise<Map<string, DocumentedCommand>> {
  const commands = new Map<string, DocumentedCommand>()
  const add = (name: string, reply: unknown): void => {
    const { group, arguments: list, subcommands } = record(reply)
    commands.set(name, { group: String(group), arguments: argumentsOf(list) })
    for (const [subcommand, documented] of Object.entries(record(subcommands))) add(subcommand, documented)
  }
  for (const [name, reply] of Object.entries(record(await client.call('COMMAND', 'DOCS')))) add(name, reply)
  return commands
}

export interface ListedCommand {
  readonly name: string
  /** Whether the server's own table says that it has keys. */
  readonly keyed: boolean
  readonly container: boolean
}

/** Everything that `COMMAND` lists, subcommands included. */
export async function listedCommands(client: Redis): Promise<ListedCommand[]> {
  const list = (entries: unknown): ListedCommand[] =>
    (entries as unknown[][]).flatMap((entry) => {
      const specs = ((entry[8] as unknown[][] | undefined) ?? []).map(record)
      const keys = specs.filter(({ flags }) => !(flags as string[]).includes('not_key'))
      const moving = (entry[2] as string[]).includes('movablekeys')
      const keyed = entry[8] === undefined ? Number(entry[3]) > 0 || moving : keys.length > 0
      const below = list(entry[9] ?? [])
      return [{ name: String(entry[0]), keyed, container: below.length > 0 }, ...below]
    })
  return list(await client.call('COMMAND'))
}

function argumentsOf(list: unknown): DocumentedArgument[] {
  return ((list as unknown[] | undefined) ?? []).map(record).map((argument) => ({
    name: String(argument.name),
    type: String(argument.type),
    flags: (argument.flags as string[] | undefined) ?? [],
    arguments: argumentsOf(argument.arguments),
    ...(argument.token === undefined ? {} : { token: String(argument.token) }),
  }))
}

function record(reply: unknown): Record<string, unknown> {
  const list = (reply as unknown[] | undefined) ?? []
  return Object.fromEntries(
    Array.from({ length: list.length / 2 }, (_, at) => [String(list[at * 2]), list[at * 2 + 1]]),
  )
}
