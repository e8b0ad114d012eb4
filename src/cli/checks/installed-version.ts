import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { packageRoot } from '../../core/package-root.ts'

/** The version of a package as Isolane itself would import it. */
export function installedVersion(name: string): string | undefined {
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
