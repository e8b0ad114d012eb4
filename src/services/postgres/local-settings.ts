import type { Send } from './savepoints.ts'

interface Setting {
  readonly name: string
  /** It ends with its transaction. */
  readonly local: boolean
}

const statementPattern =
  /\bset\s+(local)\s+(time\s+zone|session\s+authorization|[\w.$"]+)|(?:^|;)\s*(?:re)?set\s+(?:session\s+)?(time\s+zone|[\w.$"]+)/gi

/** The name, and whether it is local, are literals or parameters; the value may be any expression that is not too deep. */
const functionPattern =
  /\bset_config\s*\(\s*(?:'([^']+)'|\$(\d+))(?:::\w+)?\s*,(?:'[^']*'|\([^()]*\)|[^,()'])*,\s*(?:(true|'t(?:rue)?')|\$(\d+))?/gi

const otherNames: Readonly<Record<string, string>> = {
  'time zone': 'timezone',
  'session authorization': 'session_authorization',
  schema: 'search_path',
  names: 'client_encoding',
}

/** The settings that a text sets, as far as it tells. */
function settingsIn(text: string, parameters: readonly unknown[]): Setting[] {
  const statements = [...text.matchAll(statementPattern)].map(([, local, one, other = '']) => {
    const name = (one ?? other).toLowerCase().replaceAll('"', '').replace(/\s+/, ' ')
    return { name: otherNames[name] ?? name, local: local !== undefined }
  })
  const parameter = (number: string | undefined) => parameters[Number(number) - 1]
  const calls = [...text.matchAll(functionPattern)].map(([, literal, named, isLocal, asked]) => ({
    name: (literal ?? String(parameter(named))).toLowerCase(),
    local: isLocal !== undefined || parameter(asked) === true,
  }))
  return [...statements, ...calls]
}

/**
 * Settings that end with a transaction (`SET LOCAL`), where a savepoint takes its place: going back to one undoes them, but
 * releasing it does not.
 */
export class LocalSettings {
  readonly #send: Send
  /** What they were before. */
  readonly #before = new Map<string, string>()

  constructor(send: Send) {
    this.#send = send
  }

  /** Called before each statement. */
  async remember(text: string, parameters: readonly unknown[]): Promise<void> {
    const found = settingsIn(text, parameters)
    for (const { name, local } of found) if (!local) this.#before.delete(name)
    const names = found.flatMap(({ name, local }) => (local && !this.#before.has(name) ? [name] : []))
    if (names.length === 0) return
    const query = 'SELECT name, current_setting(name, true) AS value FROM unnest($1::text[]) AS name'
    const { rows } = await this.#send(query, [names])
    for (const { name, value } of rows) {
      // One that nobody has set before is empty afterwards. There is none without a dot: Postgres will say so.
      if (value !== null || name.includes('.')) this.#before.set(name, value ?? '')
    }
  }

  /** The transaction is committed. */
  async end(): Promise<void> {
    if (this.#before.size === 0) return
    const query = 'SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS setting (name, value)'
    const given = [[...this.#before.keys()], [...this.#before.values()]]
    this.#before.clear()
    await this.#send(query, given)
  }

  /** It is undone, and they with it. */
  forget(): void {
    this.#before.clear()
  }
}
