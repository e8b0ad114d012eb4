import { bytes, partsOf } from './statements.ts'

/** Settings, with which every script begins. */
const head = /^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\restrict .*)?\n$/

export interface ScriptChanges {
  /** Whom the lane belonged to, where it has another name now, and its other users. */
  readonly roles?: readonly RoleChange[]
}

export interface RoleChange {
  readonly from: string
  readonly to: string
  /** There is no such user here: what it has is `to`'s now, and what it was given is given to nobody. */
  readonly gone?: boolean
}

/**
 * What `pg_restore` writes, for an older server or for another owner: without the one setting that servers below 17 do not
 * know, and with the lane's new owner in place of the old one. Rows are passed on as they are.
 */
export async function* adaptScript(
  pieces: AsyncIterable<Uint8Array>,
  { roles = [] }: ScriptChanges = {},
): AsyncIterable<Uint8Array> {
  const renamers = roles.map(({ from, to, gone = false }) => renamer(from, to, gone))
  const rename = (statement: string) => renamers.reduce((text, change) => change(text), statement)
  let inHead = true
  for await (const part of partsOf(pieces)) {
    if ('rows' in part) {
      yield part.rows
      continue
    }
    inHead &&= head.test(part.statement)
    if (inHead && part.statement === 'SET transaction_timeout = 0;\n') continue
    yield Buffer.from(rename(part.statement), bytes)
  }
}

const name = String.raw`(?:"(?:[^"]|"")*"|[\w$\x80-\xff]+)`

/** Only where a statement names a role: other things may be called the same, and texts may say it. */
function renamer(from: string, to: string, gone: boolean): (statement: string) => string {
  const role = `(?:${literally(plainly(from))}|${literally(quoted(from))})`
  const others = [
    `^(ALTER [\\s\\S]* OWNER TO )${role}(;\\n)$`,
    `^(SET SESSION AUTHORIZATION )${role}(;\\n)$`,
    `^(CREATE USER MAPPING FOR )${role}( SERVER )`,
    `^(CREATE POLICY ${name} ON ${name}(?:\\.${name})?(?: AS \\w+)?(?: FOR \\w+)? TO (?:${name}, )*)${role}((?:, ${name})*[ ;])`,
  ]
  const rights = [
    `^(ALTER DEFAULT PRIVILEGES FOR ROLE )${role}( )`,
    `^((?:GRANT|REVOKE|ALTER DEFAULT PRIVILEGES) [\\s\\S]* (?:TO|FROM) )${role}((?: WITH GRANT OPTION)?;\\n)$`,
  ]
  const places = (gone ? others : [...others, ...rights]).map((place) => new RegExp(place))
  const forgotten = gone ? rights.map((place) => new RegExp(place)) : []
  return (statement) => {
    if (forgotten.some((place) => place.test(statement))) return ''
    return places.reduce(
      (text, place) => text.replace(place, (_all, before: string, after: string) => before + quoted(to) + after),
      statement,
    )
  }
}

function quoted(role: string): string {
  return `"${plainly(role).replaceAll('"', '""')}"`
}

function plainly(role: string): string {
  return Buffer.from(role).toString(bytes)
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}
