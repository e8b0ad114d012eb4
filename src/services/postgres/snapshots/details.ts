import type { StateSummary } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import type { Client } from '../client.ts'
import type { Server } from '../server.ts'
import { readLocale } from './locale.ts'
import { isUserOf, usersBeside } from './users.ts'

/** @returns what a restore must know of a lane, and people may. @param tool what saves it, such as `pg_dump 17.9` */
export async function readDetails(client: Client, server: Server, tool: string): Promise<StateSummary['details']> {
  const { rows } = await client.query<{ database: string; encoding: string }>(
    `SELECT datname AS database, pg_encoding_to_char(encoding) AS encoding
     FROM pg_database WHERE datname = current_database()`,
  )
  const { database = '', encoding } = rows[0] ?? {}
  const details = {
    encoding,
    ...(await readLocale(client, server.major, database)),
    extensions: await column(
      client,
      `SELECT format('%s %s', extname, extversion) FROM pg_extension WHERE extname <> 'plpgsql' ORDER BY extname`,
    ),
    owner: server.address.user,
    users: (await usersBeside(client, server.address.user)).join(' '),
    roles: await rolesIn(client, server.address.user),
    tool,
    'restores into': `PostgreSQL ${server.major} and newer`,
  }
  return Object.fromEntries(Object.entries(details).flatMap(([name, text]) => (text ? [[name, text]] : [])))
}

/** @throws ISOLANE_SNAPSHOT_REFUSED for a state that this server can't take */
export async function checkTaking(client: Client, { version, major }: Server, saved: StateSummary): Promise<void> {
  const { details } = saved
  if (saved.format !== format)
    throw refused(`is of the format ${saved.format}`, 'restore it with the Isolane that made it')
  if (!(Number.parseInt(saved.version, 10) <= major)) {
    throw refused(
      `comes from PostgreSQL ${saved.version}, and the server is ${version}`,
      'restore it into the same major version or a newer one',
    )
  }
  const encoding = await column(
    client,
    'SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = current_database()',
  )
  if (details.encoding !== undefined && details.encoding !== encoding) {
    throw refused(
      `has the encoding ${details.encoding}, and the server ${encoding}`,
      'restore it into a server of its encoding',
    )
  }
  const extensions = extensionsOf(saved).map(({ name }) => name)
  const missing = await column(
    client,
    'SELECT name FROM unnest($1::text[]) name WHERE name NOT IN (SELECT a.name FROM pg_available_extensions a)',
    [extensions],
  )
  if (missing) throw refused(`needs extensions that the server has not: ${missing}`, 'install them there')
  const strangers = await column(
    client,
    'SELECT name FROM unnest($1::text[]) name WHERE name NOT IN (SELECT rolname FROM pg_roles)',
    [JSON.parse(details.roles ?? '[]')],
  )
  if (strangers) {
    throw refused(
      `names roles that the server has not: ${strangers}`,
      'create them there (CREATE ROLE … NOLOGIN will do)',
    )
  }
}

export const format = 'pg_dump'

function refused(what: string, remedy: string): IsolaneError {
  return new IsolaneError({ code: 'ISOLANE_SNAPSHOT_REFUSED', message: `The snapshot ${what}`, remedy })
}

/** As JSON, as their names may hold anything. */
async function rolesIn(client: Client, owner: string): Promise<string | undefined> {
  const { rows } = await client.query<{ rolname: string }>(rolesQuery, [owner])
  return rows.length === 0 ? undefined : JSON.stringify(rows.map(({ rolname }) => rolname))
}

/** @returns what the server has in other versions, such as `citext 1.6, here 1.8` */
export function otherVersions(client: Client, saved: StateSummary): Promise<string> {
  const extensions = extensionsOf(saved)
  return column(
    client,
    `SELECT format('%s %s, here %s', s.name, s.version, a.default_version)
     FROM unnest($1::text[], $2::text[]) AS s (name, version) JOIN pg_available_extensions a USING (name)
     WHERE a.default_version <> s.version`,
    [extensions.map(({ name }) => name), extensions.map(({ version }) => version)],
    '; ',
  )
}

function extensionsOf({ details }: StateSummary): { name: string; version: string }[] {
  return (details.extensions?.split(', ') ?? []).map((each) => {
    const [name = '', version = ''] = each.split(' ')
    return { name, version }
  })
}

async function column(client: Client, text: string, values: unknown[] = [], between = ', '): Promise<string> {
  const { rows } = await client.query<[string]>({ text, values, rowMode: 'array' })
  return rows.map(([value]) => value).join(between)
}

/** Roles besides the lane's own that own something in it, or have rights there. Superusers own what is an extension's. */
const rolesQuery = `
SELECT DISTINCT r.rolname FROM pg_shdepend d JOIN pg_roles r ON r.oid = d.refobjid
WHERE d.refclassid = 'pg_authid'::regclass AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
  AND NOT r.rolsuper AND r.rolname <> $1 AND NOT ${isUserOf('$1', 'r.oid')} AND r.rolname NOT LIKE 'pg\\_%' ORDER BY 1`
