/**
 * The one place where a label, a type or a name becomes part of a statement. A backtick ends a quoted name unless it is
 * doubled. Some versions read `\u0060` as the character it stands for before anything else, a backtick too; so a
 * backslash that could begin such a sequence is written as one.
 */
export function quoted(name: string): string {
  if (name === '') throw new TypeError('A name in Neo4j is not empty')
  return `\`${name.replaceAll(/\\(?=u)/g, '\\u005C').replaceAll('`', '``')}\``
}
