import type { Instance } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import type { Client } from './client.ts'
import type { PostgresOptions } from './options.ts'
import { withoutDurability } from './settings.ts'

/** Looks at what runs: its version, and that an instance of ours does not wait for disks. */
export async function checkServer(
  client: Client,
  instance: Instance,
  options: PostgresOptions,
): Promise<{ version: string; major: number }> {
  const { rows } = await client.query<{ name: string; setting: string }>(
    'SELECT name, setting FROM pg_settings WHERE name = ANY ($1)',
    [['server_version', ...Object.keys(withoutDurability)]],
  )
  const settings = new Map(rows.map((row) => [row.name, row.setting]))
  const version = settings.get('server_version')?.split(' ')[0] ?? 'unknown'
  const major = Number.parseInt(version, 10)
  if (!(major >= 13) || (options.version !== undefined && String(major) !== options.version)) {
    throw new IsolaneError({
      code: 'ISOLANE_VERSION_UNSUPPORTED',
      message: `The server is PostgreSQL ${version}, but ${options.version ?? '13 or newer'} is wanted`,
      remedy: 'correct the `version` option of postgres',
    })
  }
  if (instance.owned) {
    const durable = Object.entries(withoutDurability).filter(([name, value]) => settings.get(name) !== value)
    if (durable.length > 0) {
      throw new IsolaneError({
        code: 'ISOLANE_START_FAILED',
        message: `PostgreSQL runs with ${durable.map(([name]) => `${name} = ${settings.get(name)}`).join(', ')}`,
        remedy: `it was started with these off; remove what turns them on (${instance.origin})`,
      })
    }
  }
  return { version, major }
}
