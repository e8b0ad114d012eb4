/** The reports under version control: what the project has agreed that its public types are. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createTwoFilesPatch } from 'diff'
import { root } from './manifest.ts'

const folder = join(root, 'api')

/** What differs from the accepted reports, as a patch; empty when nothing does. */
export function apiChanges(reports: ReadonlyMap<string, string>): string {
  const accepted = acceptedReports()
  const names = [...new Set([...accepted.keys(), ...reports.keys()])].sort()
  return names
    .filter((name) => accepted.get(name) !== reports.get(name))
    .map((name) =>
      createTwoFilesPatch(`accepted/${name}`, `built/${name}`, accepted.get(name) ?? '', reports.get(name) ?? ''),
    )
    .join('\n')
}

export function acceptApi(reports: ReadonlyMap<string, string>): void {
  for (const name of acceptedReports().keys()) if (!reports.has(name)) rmSync(join(folder, name))
  for (const [name, text] of reports) writeFileSync(join(folder, name), text)
}

function acceptedReports(): Map<string, string> {
  const names = readdirSync(folder).filter((name) => name.endsWith('.api.md'))
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8').replaceAll('\r\n', '\n')]))
}
