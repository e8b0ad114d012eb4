import type { DatabaseState } from '../core/contracts.ts'

/**
 * What is still empty and a migration gives rows or values to: made-up ones would be in its way, and nobody could tell
 * later what it has put there. Columns are named as `table.column`.
 * @param text the migration's statements
 */
export function emptyTargets(text: string, { tables }: DatabaseState): readonly string[] {
  return Object.entries(tables).flatMap(([table, { rows, columns }]) => {
    if (rows === 0) return names(text, String.raw`\b(?:into|copy)\s+`, table) ? [table] : []
    if (!names(text, String.raw`\bupdate\s+(?:only\s+)?`, table)) return []
    const empty = Object.keys(columns).filter((column) => columns[column]?.filled === 0)
    return empty.filter((column) => names(text, '', column, String.raw`\s*=`)).map((column) => `${table}.${column}`)
  })
}

function names(text: string, before: string, name: string, behind = ''): boolean {
  const last = name.slice(name.lastIndexOf('.') + 1).replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`${before}(?:[\\w"]+\\.)?(?<![\\w$])["\`[]?${last}(?![\\w$])["\`\\]]?${behind}`, 'i').test(text)
}
