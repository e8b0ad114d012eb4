/** The one place where a name becomes part of a statement. */
export function identifier(name: string): string {
  if (name.includes('\0')) throw new TypeError('A name in PostgreSQL holds no NUL')
  return `"${name.replaceAll('"', '""')}"`
}

/** For statements that take no parameters, such as `COMMENT ON` and `CREATE ROLE`. */
export function literal(value: string): string {
  if (value.includes('\0')) throw new TypeError('A text in PostgreSQL holds no NUL')
  const quoted = `'${value.replaceAll("'", "''")}'`
  return value.includes('\\') ? ` E${quoted.replaceAll('\\', '\\\\')}` : quoted
}
