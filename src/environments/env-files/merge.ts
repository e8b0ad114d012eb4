/** What stands above the variables that a file did not have before. */
const heading = '# Written by `isolane env files`; every other line is yours, and stays.'

const assignment = /^(\s*(?:export\s+)?)([A-Za-z_]\w*)(\s*=\s*)/

/**
 * The text of a `.env` file with these variables: lines that set them get the new values in their places, those that are
 * missing come at the end, and all else, comments among them, stays as it is.
 */
export function mergeEnvFile(text: string, variables: Readonly<Record<string, string>>): string {
  const lines = text === '' ? [] : text.replace(/\r?\n$/, '').split('\n')
  const set = new Set<string>()
  const merged = withoutRest(lines, variables).map((line) => {
    const [, before, name = '', between] = assignment.exec(line) ?? []
    const value = Object.hasOwn(variables, name) ? variables[name] : undefined
    if (value === undefined) return line
    set.add(name)
    return `${before}${name}${between}${quoted(value)}${line.endsWith('\r') ? '\r' : ''}`
  })
  const missing = Object.entries(variables).filter(([name]) => !set.has(name))
  if (missing.length === 0) return ended(merged)
  const more = missing.map(([name, value]) => `${name}=${quoted(value)}`)
  const gap = merged.length > 0 && !merged.includes(heading) ? [''] : []
  return ended([...merged, ...gap, ...(merged.includes(heading) ? [] : [heading]), ...more])
}

/** Drops what a value that spans lines has below the line it begins on, where that is one of ours. */
function withoutRest(lines: readonly string[], variables: Readonly<Record<string, string>>): string[] {
  let until: string | undefined
  return lines.filter((line) => {
    if (until !== undefined) {
      if (line.trimEnd().endsWith(until)) until = undefined
      return false
    }
    const [start, , name = ''] = assignment.exec(line) ?? ['']
    const value = line.slice(start.length).trim()
    const [quote = ''] = value
    const spans = `"'\``.includes(quote) && quote !== '' && !value.slice(1).includes(quote)
    if (spans && Object.hasOwn(variables, name)) until = quote
    return true
  })
}

function ended(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

/**
 * References to other variables stand as they are, and all else for itself. Shells, Compose and dotenv-expand put the values
 * in; dotenv alone and `node --env-file` do not: what these start is run with `isolane exec --env` instead.
 */
function quoted(value: string): string {
  if (/^[\w.:/@%+,~?&=-]*$/.test(value)) return value
  if (/\$\{\w+\}/.test(value)) return `"${value}"`
  return value.includes("'") ? JSON.stringify(value) : `'${value}'`
}
