/** Lines of differences that people are shown. */
const most = 12

/** How one schema differs from another: what is missing, what is there besides, and what is another. */
export function schemaChanges(wanted: readonly string[], found: readonly string[]): readonly string[] {
  const [before, after] = [linesByName(wanted), linesByName(found)]
  const changes: string[] = []
  for (const [name, text] of before) {
    const other = after.get(name)
    if (other === undefined) changes.push(`- ${name}`)
    else if (other !== text) changes.push(`~ ${name}: ${difference(text, other)}`)
  }
  for (const name of after.keys()) if (!before.has(name)) changes.push(`+ ${name}`)
  return changes
}

export function shown(changes: readonly string[]): readonly string[] {
  if (changes.length <= most) return changes
  return [...changes.slice(0, most), `… and ${changes.length - most} more`]
}

/** A line begins with the name of the thing; what else there is to know of it comes behind a tab. */
function linesByName(lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    lines.map((line) => {
      const [name = '', ...text] = line.split('\t')
      return [name.replaceAll(/\s+/g, ' ').trim(), text.join(' ').replaceAll(/\s+/g, ' ').trim()]
    }),
  )
}

/** Where two texts part, and what is there. */
function difference(left: string, right: string): string {
  let start = 0
  while (start < left.length && left[start] === right[start]) start += 1
  start = Math.max(0, left.lastIndexOf(' ', start) + 1)
  const cut = (text: string) => (text.slice(start, start + 60) || 'nothing') + (text.length > start + 60 ? '…' : '')
  return `${cut(right)}, not ${cut(left)}`
}
