import type { Client } from '../client.ts'
import { identifier } from '../sql.ts'
import { type PostgresRole, userName } from './role-names.ts'

interface Rights {
  readonly database: readonly string[]
  readonly schemas?: readonly string[]
  readonly tables?: readonly string[]
  readonly sequences?: readonly string[]
  readonly largeObjects?: readonly string[]
  /** Roles of PostgreSQL's own. */
  readonly memberOf?: readonly string[]
  /** `pg_dump` refuses to leave out rows that it is not shown. */
  readonly seesAllRows?: true
  /** Begins each transaction as one that does not write: also what rights don't cover, such as making large objects. */
  readonly onlyReads?: true
}

const reading: Omit<Rights, 'database'> = {
  schemas: ['USAGE'],
  tables: ['SELECT'],
  sequences: ['SELECT'],
  largeObjects: ['SELECT'],
  onlyReads: true,
}

/**
 * What each role may do. Not by membership in `pg_read_all_data`: that also reads `pg_authid`, which holds what everybody's
 * password is checked against.
 */
export const rightsOf: Readonly<Record<PostgresRole, Rights>> = {
  app: {
    database: ['CONNECT', 'TEMPORARY'],
    schemas: ['USAGE', 'CREATE'],
    tables: ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES'],
    sequences: ['USAGE', 'SELECT', 'UPDATE'],
    largeObjects: ['SELECT', 'UPDATE'],
  },
  readonly: { database: ['CONNECT'], ...reading },
  backup: { database: ['CONNECT'], ...reading, seesAllRows: true },
  monitor: { database: ['CONNECT'], memberOf: ['pg_monitor'], onlyReads: true },
}

/**
 * Gives the roles their rights in the connected database: on all that is there, and on all that its owner and `app` will
 * make, in whatever schema, schemas that they will make included. What somebody else makes they get when this runs again.
 */
export async function grantRights(
  client: Client,
  major: number,
  owner: string,
  roles: readonly PostgresRole[],
): Promise<void> {
  await closeToPublic(client)
  const makers = [owner, ...(roles.includes('app') ? [userName(owner, 'app')] : [])]
  for (const role of roles) {
    const user = userName(owner, role)
    const { database, schemas, tables, sequences, largeObjects, memberOf = [] } = rightsOf[role]
    await grantMissing(client, user, 'DATABASE', database)
    for (const group of memberOf) await client.query(`GRANT ${identifier(group)} TO ${identifier(user)}`)
    await grantMissing(client, user, 'SCHEMA', schemas)
    await grantMissing(client, user, 'TABLE', tables)
    await grantMissing(client, user, 'SEQUENCE', sequences)
    await grantMissing(client, user, 'LARGE OBJECT', largeObjects)
    const later = {
      SCHEMAS: schemas,
      TABLES: tables,
      SEQUENCES: sequences,
      ...(major >= 18 && { 'LARGE OBJECTS': largeObjects }),
    }
    for (const maker of makers.filter((each) => each !== user)) {
      for (const [kind, rights = []] of Object.entries(later)) {
        if (rights.length === 0) continue
        await client.query(
          `ALTER DEFAULT PRIVILEGES FOR ROLE ${identifier(maker)} GRANT ${rights.join(', ')} ON ${kind} TO ${identifier(user)}`,
        )
      }
    }
  }
}

/** Everybody could connect to new databases, and before PostgreSQL 15 make tables in their schema `public`. */
async function closeToPublic(client: Client): Promise<void> {
  await run(
    client,
    `SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', d.datname) AS statement
     FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) x
     WHERE d.datname IN (current_database(), 'postgres', 'template1') AND x.grantee = 0
     UNION
     SELECT format('REVOKE CREATE ON SCHEMA %I FROM PUBLIC', n.nspname)
     FROM pg_namespace n, aclexplode(n.nspacl) x WHERE x.grantee = 0 AND x.privilege_type = 'CREATE'`,
  )
}

type Kind = 'DATABASE' | 'SCHEMA' | 'TABLE' | 'SEQUENCE' | 'LARGE OBJECT'

/** Statements that are run although nothing is missing would rewrite a row of the catalog for each table. */
async function grantMissing(client: Client, user: string, kind: Kind, rights: readonly string[] = []): Promise<void> {
  if (rights.length === 0) return
  await run(
    client,
    `SELECT format('GRANT %s ON ${kind} %s TO %I', array_to_string($2::text[], ', '), o.name, $1::text) AS statement
     FROM (${things[kind]}) o (name, acl)
     WHERE NOT $2::text[] <@ ARRAY(SELECT x.privilege_type FROM aclexplode(o.acl) x JOIN pg_roles r ON r.oid = x.grantee
                           WHERE r.rolname = $1::text)`,
    [user, rights],
  )
}

const userSchemas = `n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'isolane')`

/** What there is of each kind, by name, with whom it may be used by. */
const things: Readonly<Record<Kind, string>> = {
  DATABASE: `SELECT quote_ident(datname), datacl FROM pg_database WHERE datname = current_database() AND $1::text IS NOT NULL`,
  SCHEMA: `SELECT quote_ident(n.nspname), n.nspacl FROM pg_namespace n WHERE ${userSchemas} AND n.nspowner <> $1::text::regrole`,
  TABLE: relations(`'r', 'p', 'v', 'm', 'f'`),
  SEQUENCE: relations(`'S'`),
  'LARGE OBJECT': `SELECT l.oid::text, l.lomacl FROM pg_largeobject_metadata l WHERE l.lomowner <> $1::text::regrole`,
}

function relations(kinds: string): string {
  return `SELECT format('%I.%I', n.nspname, c.relname), c.relacl FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN (${kinds}) AND c.relpersistence <> 't' AND ${userSchemas} AND c.relowner <> $1::text::regrole`
}

/** Runs statements that a query has made: with the server's own quoting. */
async function run(client: Client, query: string, values: unknown[] = []): Promise<void> {
  const { rows } = await client.query<{ statement: string }>(query, values)
  for (let start = 0; start < rows.length; start += 500) {
    await client.query(
      rows
        .slice(start, start + 500)
        .map(({ statement }) => statement)
        .join(';'),
    )
  }
}
