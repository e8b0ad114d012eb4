import { IsolaneError, messageOf } from '../../core/errors.ts'
import { type Access, connect } from './client.ts'
import { identifier } from './sql.ts'

/** Creates extensions as a superuser, with those they need. @throws ISOLANE_TEMPLATE_FAILED naming what there is. */
export async function createExtensions(admin: Access, database: string, extensions: readonly string[]): Promise<void> {
  const client = await connect(admin, database)
  try {
    const { rows } = await client.query<{ name: string }>('SELECT name FROM pg_available_extensions ORDER BY name')
    const available = rows.map((row) => row.name)
    for (const extension of extensions) {
      if (!available.includes(extension)) throw missing(extension, available)
      await client.query(`CREATE EXTENSION IF NOT EXISTS ${identifier(extension)} CASCADE`).catch((error: unknown) => {
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

function missing(extension: string, available: readonly string[]): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_TEMPLATE_FAILED',
    message: `The PostgreSQL server has no extension ${extension}`,
    remedy: 'install it there, or correct the `extensions` option',
    output: `available: ${available.join(', ')}`,
  })
}
