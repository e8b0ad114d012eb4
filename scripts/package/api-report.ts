/** The public types as text, one report for each entry, so that a change of them shows in a diff. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { extractor } from './api-extractor.ts'
import { type Entry, entries, root } from './manifest.ts'

/** Reads the built declarations. @returns the reports by their files' names; an entry that exports nothing has none. */
export function apiReports(): ReadonlyMap<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'isolane-api-'))
  try {
    const reported = entries.filter(exportsAnything)
    const extract = extractor(
      reported.map(({ types }) => types),
      folder,
    )
    // What a public type is made of, named for users or not, shows in one report at least.
    const first = reported.map((entry) => ({ entry, ...extract(entry.types, { whole: entry.subpath === '.' }) }))
    const shown = new Set(first.flatMap(({ text }) => declaredNames(text)))
    return new Map(
      first.map(({ entry, text, mentioned }) => [
        reportName(entry),
        mentioned.every((name) => shown.has(name)) ? text : extract(entry.types, { whole: true }).text,
      ]),
    )
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function exportsAnything({ types }: Entry): boolean {
  return /^export (?!\{ \})/m.test(readFileSync(join(root, types), 'utf8'))
}

/** `./vitest/test` becomes `vitest-test.api.md`. */
function reportName({ subpath }: Entry): string {
  return `${subpath === '.' ? 'isolane' : subpath.slice(2).replaceAll('/', '-')}.api.md`
}

function declaredNames(report: string): string[] {
  const declarations = /^(?:export )?(?:abstract )?(?:class|const|function|interface|type) (\w+)/gm
  return [...report.matchAll(declarations)].map(([, name = '']) => name)
}
