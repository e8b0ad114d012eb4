import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { clients } from '../../builtin.ts'
import { packageRoot } from '../../core/package-root.ts'
import { type Check, failed, note, ok } from './check.ts'
import type { Subject } from './subjects.ts'

/** The npm packages that Isolane itself imports to talk to servers: those of the project, beside ours. */
export function clientChecks(subjects: readonly Subject[], isProject: boolean): Check[] {
  const kinds = new Set(subjects.map(({ kind }) => kind))
  return Object.entries(clients).flatMap(([kind, name]) => {
    if (!kinds.has(kind)) return []
    const version = versionOf(name)
    if (version) return [ok(name, version)]
    const remedy = `run \`npm install -D ${name}\``
    return [isProject ? failed(name, 'is not installed', remedy) : note(name, 'is not installed', remedy)]
  })
}

/** The version of a package as Isolane itself would import it. */
function versionOf(name: string): string | undefined {
  try {
    const entry = createRequire(join(packageRoot(), 'package.json')).resolve(name)
    for (let folder = dirname(entry); folder !== dirname(folder); folder = dirname(folder)) {
      const manifest = readManifest(join(folder, 'package.json'))
      if (manifest?.name === name) return manifest.version
    }
  } catch {}
  return undefined
}

function readManifest(file: string): { name?: string; version?: string } | undefined {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as { name?: string; version?: string }) : undefined
}
