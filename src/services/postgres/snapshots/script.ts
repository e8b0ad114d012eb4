const newline = 0x0a

/** Statements of a dump's script that name roles. Data and the bodies of functions are none of these. */
const namesRoles =
  /^(ALTER .* OWNER TO |GRANT |REVOKE |ALTER DEFAULT PRIVILEGES |SET SESSION AUTHORIZATION |CREATE POLICY )/

/** Settings, with which every script begins. */
const head = /^(--.*|SET .*|SELECT pg_catalog\.set_config.*|\\restrict .*)?\n$/

export interface ScriptChanges {
  /** Whom the lane belonged to, where it has another name now. */
  readonly roles?: { readonly from: string; readonly to: string }
}

/**
 * What `pg_restore` writes, for an older server or for another owner: without the one setting that servers below 17 do not
 * know, and with the lane's new owner in place of the old one. Rows are passed on as they are.
 */
export async function* adaptScript(
  pieces: AsyncIterable<Uint8Array>,
  { roles }: ScriptChanges = {},
): AsyncIterable<Uint8Array> {
  const owner =
    roles && new RegExp(`(?<![\\w$"])(?:${literally(roles.from)}|${literally(quoted(roles.from))})(?![\\w$"])`, 'g')
  let inHead = true
  const adapt = (line: string): string | undefined => {
    inHead &&= head.test(line)
    if (inHead && line === 'SET transaction_timeout = 0;\n') return undefined
    if (!owner || !roles || !namesRoles.test(line)) return line
    return line.replaceAll(owner, () => quoted(roles.to))
  }
  let inRows = false
  for await (const lines of wholeLines(pieces)) {
    const changed: Buffer[] = []
    let kept = 0
    for (let start = 0; start < lines.length; ) {
      const end = lines.indexOf(newline, start) + 1 || lines.length
      // Most lines are rows: only what may be a statement is looked at as text.
      const line: string | undefined = inRows && end - start !== 3 ? undefined : lines.toString('latin1', start, end)
      if (inRows) inRows = line !== '\\.\n'
      else if (line !== undefined) {
        inRows = /^COPY .* FROM stdin;\n$/.test(line)
        const adapted = adapt(line)
        if (adapted !== line) {
          changed.push(lines.subarray(kept, start), Buffer.from(adapted ?? '', 'latin1'))
          kept = end
        }
      }
      start = end
    }
    changed.push(lines.subarray(kept))
    yield changed.length === 1 ? lines : Buffer.concat(changed)
  }
}

/** Latin-1 keeps every byte as it is, whatever the encoding. */
function quoted(role: string): string {
  return `"${Buffer.from(role.replaceAll('"', '""')).toString('latin1')}"`
}

function literally(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
}

async function* wholeLines(pieces: AsyncIterable<Uint8Array>): AsyncIterable<Buffer> {
  let rest: Uint8Array[] = []
  for await (const piece of pieces) {
    const end = piece.lastIndexOf(newline) + 1
    if (end > 0) yield Buffer.concat([...rest, piece.subarray(0, end)])
    rest = end > 0 ? [piece.subarray(end)] : [...rest, piece]
  }
  const last = Buffer.concat(rest)
  if (last.length > 0) yield last
}
