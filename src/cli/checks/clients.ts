import { clients } from '../../builtin.ts'
import { type Check, failed, note, ok } from './check.ts'
import { installedVersion } from './installed-version.ts'
import type { Subject } from './subjects.ts'

/** The npm packages that Isolane itself imports to talk to servers: those of the project, beside ours. */
export function clientChecks(subjects: readonly Subject[], isProject: boolean): Check[] {
  const kinds = new Set(subjects.map(({ kind }) => kind))
  return Object.entries(clients).flatMap(([kind, name]) => {
    if (!kinds.has(kind)) return []
    const version = installedVersion(name)
    if (version) return [ok(name, version)]
    const remedy = `run \`npm install -D ${name}\``
    return [isProject ? failed(name, 'is not installed', remedy) : note(name, 'is not installed', remedy)]
  })
}
