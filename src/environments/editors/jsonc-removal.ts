import {
  applyEdits,
  createScanner,
  type Edit,
  findNodeAtLocation,
  type JSONPath,
  type Node,
  parseTree,
} from 'jsonc-parser'

/**
 * The text without one entry of a list. `modify` of jsonc-parser would take comments around it along, and break a list that
 * stands on one line.
 */
export function withoutEntry(text: string, list: JSONPath, index: number): string {
  const siblings = findNodeAtLocation(parseTree(text, [], { allowTrailingComma: true }) as Node, list)?.children ?? []
  const entry = siblings[index]
  if (!entry) return text
  const before = siblings[index - 1]
  const comma = commaAfter(text, entry) ?? (before && commaAfter(text, before))
  return applyEdits(text, [wholeLines(text, entry, comma), ...(comma === undefined ? [] : [edit(comma, 1)])])
}

/** Comments may stand between. */
function commaAfter(text: string, { offset, length }: Node): number | undefined {
  const scanner = createScanner(text, true)
  scanner.setPosition(offset + length)
  scanner.scan()
  const at = scanner.getTokenOffset()
  return text[at] === ',' ? at : undefined
}

/** With the space before it, unless something else follows on its last line: that might become part of a comment. */
function wholeLines(text: string, { offset, length }: Node, comma: number | undefined): Edit {
  const end = comma === offset + length ? comma + 1 : offset + length
  if (!/^[ \t]*\r?\n/.test(text.slice(end))) return edit(offset, length)
  const start = text.slice(0, offset).trimEnd().length
  return edit(start, offset + length - start)
}

function edit(offset: number, length: number): Edit {
  return { offset, length, content: '' }
}
