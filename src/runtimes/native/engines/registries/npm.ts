import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { newestFitting } from '../versions.ts'
import { type RegistryClient, RegistryError, runClient } from './client.ts'

/** Short waits between tries, so that a machine without network is told so within seconds. */
const patience = ['--fetch-retry-mintimeout=500', '--fetch-retry-maxtimeout=2000']

export const npm: RegistryClient = {
  program: 'npm',

  async fetch(wanted, folder, context) {
    const listed = await runClient('npm', ['view', wanted.name, 'versions', '--json', ...patience], folder, context)
    const parsed: unknown = JSON.parse(listed)
    const versions = (Array.isArray(parsed) ? parsed : [parsed]).filter((entry) => typeof entry === 'string')
    const version = newestFitting(wanted.version, versions)
    if (!version) throw new RegistryError(`${wanted.name} has no version ${wanted.version}`)
    const install = ['install', '--ignore-scripts', '--no-save', '--no-package-lock', '--no-audit', '--no-fund']
    const args = [...install, '--loglevel=error', ...patience, '--prefix', folder, `${wanted.name}@${version}`]
    await runClient('npm', args, folder, context)
    const path = join(folder, 'node_modules', wanted.name)
    const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8')) as { version: string }
    return { version: manifest.version, path }
  },
}
