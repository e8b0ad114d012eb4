import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import type { Instance } from '../../../src/core/contracts.ts'
import { newCredentials } from '../../../src/core/service-host.ts'
import { adminAccess } from '../../../src/services/postgres/client.ts'
import { type PostgresVersion, postgres } from '../../../src/services/postgres/index.ts'
import { selfSigned } from './attach-certificate.ts'
import { nativeRuntime, signal, temporaryFolder } from './harness.ts'

/** Everything that a URL, a statement or a shell could trip over. */
export const password = 'p@s:s/w?rd#%ä&=+"\'\\ $x'

/** A server that somebody else runs: small, with TLS, with roles of all kinds, and with data that are none of ours. */
export interface ForeignServer extends AsyncDisposable {
  readonly instance: Instance
  readonly folder: string
  /** File that holds the server's certificate. */
  readonly certificate: string
  /** For a role of its own: `boss` (superuser), `keeper` (CREATEDB, CREATEROLE), `maker` (CREATEDB), `poor`. */
  url(role: string, rest?: string): string
  /** The first column of each row, as its owner's administrator sees it. */
  column(text: string, database?: string): Promise<unknown[]>
  /** Everything that the server knows of databases and roles. */
  portrait(): Promise<unknown>
}

export async function foreignServer(version: PostgresVersion = '17', connections = 20): Promise<ForeignServer> {
  const folder = temporaryFolder()
  const { certificate, key } = selfSigned()
  const file = join(folder, 'server.crt')
  writeFileSync(file, certificate)
  const instance = await start(folder, version, {
    configuration: `
      ssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'
      max_connections = ${connections}\nsuperuser_reserved_connections = 3\nfull_page_writes = on\nfsync = on`,
    rules: 'hostnossl all secret all reject',
    files: { '{data}/server.crt': certificate, '{data}/server.key': key },
  })
  const { endpoint } = instance
  const column = async (text: string, database = 'postgres'): Promise<unknown[]> => {
    const client = new pg.Client({ ...adminAccess(endpoint), database })
    await client.connect()
    try {
      const results: unknown = await client.query({ text, rowMode: 'array' })
      // Several statements have several results.
      const { rows } = [results].flat().at(-1) as { rows: unknown[][] }
      return rows.map((row) => row[0])
    } finally {
      await client.end()
    }
  }
  const secret = password.replaceAll("'", "''")
  await column(`
    SET standard_conforming_strings = on;
    CREATE ROLE boss SUPERUSER LOGIN PASSWORD '${secret}';
    CREATE ROLE keeper CREATEDB CREATEROLE LOGIN PASSWORD '${secret}';
    CREATE ROLE maker CREATEDB LOGIN PASSWORD '${secret}';
    CREATE ROLE poor LOGIN PASSWORD '${secret}';
    CREATE ROLE secret CREATEDB LOGIN PASSWORD '${secret}';
    CREATE ROLE isolane_someone LOGIN`)
  for (const name of ['shop', 'isolane_lane_1', 'isolane_0123456789ab_lane_1']) {
    await column(`CREATE DATABASE ${name} OWNER maker`)
    await column('CREATE TABLE customer (name text); INSERT INTO customer VALUES ($$Ada$$)', name)
  }
  await column(`COMMENT ON DATABASE shop IS 'the real one'; ALTER DATABASE shop SET work_mem = '8MB'`)
  return {
    instance,
    folder,
    certificate: file,
    url: (role, rest = '/shop') =>
      `postgres://${role}:${encodeURIComponent(password)}@127.0.0.1:${endpoint.ports.postgres}${rest}`,
    column,
    portrait: () => portrait(column),
    [Symbol.asyncDispose]: async () => {
      await instance[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A server that follows another, and waits for it for ever. */
export async function replica(): Promise<AsyncDisposable & { readonly url: string }> {
  const folder = temporaryFolder()
  const instance = await start(folder, '17', {
    configuration: 'wal_level = replica\nhot_standby = on\nmax_connections = 100\nmax_wal_senders = 10',
    rules: 'host all all 127.0.0.1/32 trust',
    files: { '{data}/standby.signal': '' },
    ready: 'ready to accept read-only connections',
  })
  return {
    url: `postgres://postgres@127.0.0.1:${instance.endpoint.ports.postgres}/postgres`,
    [Symbol.asyncDispose]: async () => {
      await instance[Symbol.asyncDispose]()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

interface Changes {
  readonly configuration: string
  /** Lines before those of pg_hba.conf. */
  readonly rules: string
  readonly files: Readonly<Record<string, string>>
  readonly ready?: string
}

async function start(folder: string, version: PostgresVersion, changes: Changes): Promise<Instance> {
  const { service, options } = postgres({ version })
  const context = { name: 'foreign', root: folder, maximumLanes: 1, report: () => {}, signal }
  const spec = service.spec(options, { ...context, credentials: newCredentials() })
  if (!spec.native) throw new Error('PostgreSQL has no native spec')
  const { serve, ready } = spec.native
  const files = {
    '{data}/postgresql.conf': `${serve.files?.['{data}/postgresql.conf']}\n${changes.configuration}\n`,
    '{data}/pg_hba.conf': `${changes.rules}\n${serve.files?.['{data}/pg_hba.conf']}`,
    ...changes.files,
  }
  const native = {
    ...spec.native,
    serve: { ...serve, files },
    ready: changes.ready === undefined ? ready : { line: changes.ready },
  }
  return nativeRuntime(folder).start({ ...spec, native }, { signal })
}

async function portrait(column: ForeignServer['column']): Promise<unknown> {
  return {
    databases: await column(
      `SELECT to_jsonb(d) - 'datfrozenxid' - 'datminmxid' || jsonb_build_object('comment', shobj_description(oid, 'pg_database'))
       FROM pg_database d ORDER BY oid`,
    ),
    roles: await column('SELECT to_jsonb(r) FROM pg_authid r ORDER BY oid'),
    memberships: await column('SELECT to_jsonb(m) FROM pg_auth_members m ORDER BY roleid, member'),
    settings: await column('SELECT to_jsonb(s) FROM pg_db_role_setting s ORDER BY setdatabase, setrole'),
    descriptions: await column('SELECT to_jsonb(s) FROM pg_shdescription s ORDER BY classoid, objoid'),
    customers: [
      await column('SELECT name FROM customer', 'shop'),
      await column('SELECT name FROM customer', 'isolane_lane_1'),
      await column('SELECT name FROM customer', 'isolane_0123456789ab_lane_1'),
    ],
    server: await column('SELECT setting FROM pg_settings WHERE source NOT IN ($$client$$, $$session$$) ORDER BY name'),
  }
}
