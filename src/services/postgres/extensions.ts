import { IsolaneError, messageOf } from '../../core/errors.ts'
import { refused } from './attached/explain.ts'
import { connect, sqlState } from './client.ts'
import type { Server } from './server.ts'
import { identifier } from './sql.ts'

/**
 * Creates extensions as whoever has the most rights, with those they need.
 * @throws ISOLANE_TEMPLATE_FAILED naming what there is, ISOLANE_ATTACH_REFUSED for one that takes an administrator.
 */
export async function createExtensions(
  server: Server,
  database: string,
  extensions: readonly string[] = [],
): Promise<void> {
  if (extensions.length === 0) return
  const client = await connect(server.admin, database)
  try {
    const { rows } = await client.query<{ name: string }>('SELECT name FROM pg_available_extensions ORDER BY name')
    const available = rows.map((row) => row.name)
    for (const extension of extensions) {
      if (!available.includes(extension)) throw missing(extension, available)
      await client.query(`CREATE EXTENSION IF NOT EXISTS ${identifier(extension)} CASCADE`).catch((error: unknown) => {
        if (server.tenancy && sqlState(error) === '42501') throw needsAdministrator(server, extension)
        throw new IsolaneError({
          code: 'ISOLANE_TEMPLATE_FAILED',
          message: `The PostgreSQL extension ${extension} can not be created: ${messageOf(error)}`,
          remedy: 'correct the `extensions` option, or the server',
          cause: error,
        })
      })
    }
  } finally {
    await client.end()
  }
}

function needsAdministrator({ admin }: Server, extension: string): IsolaneError {
  return refused(
    admin,
    `the role ${identifier(admin.user)} may not create the extension ${extension}`,
    `have an administrator run \`CREATE EXTENSION ${identifier(extension)}\` in its database template1, from which Isolane then copies it`,
  )
}

function missing(extension: string, available: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_TEMPLATE_FAILED',
    message: `The PostgreSQL server has no extension ${extension}`,
    remedy: 'install it there, or correct the `extensions` option',
    output: `available: ${available.join(', ')}`,
  })
}
