#!/usr/bin/env node
// Stands in for the real command: `prisma migrate deploy`, as far as this project needs it. See the README.
const { createHash, randomUUID } = require('node:crypto')
const { existsSync, readdirSync, readFileSync } = require('node:fs')
const { join } = require('node:path')
const { Client } = require('pg')

const record = `CREATE TABLE IF NOT EXISTS "_prisma_migrations" (
  "id" VARCHAR(36) PRIMARY KEY NOT NULL,
  "checksum" VARCHAR(64) NOT NULL,
  "finished_at" TIMESTAMPTZ,
  "migration_name" VARCHAR(255) NOT NULL,
  "logs" TEXT,
  "rolled_back_at" TIMESTAMPTZ,
  "started_at" TIMESTAMPTZ NOT NULL DEFAULT now(),
  "applied_steps_count" INTEGER NOT NULL DEFAULT 0
)`

async function deploy() {
  const client = new Client({ connectionString: process.env.DATABASE_URL })
  await client.connect()
  try {
    await client.query('SELECT pg_advisory_lock(72707369)')
    await client.query(record)
    const { rows } = await client.query('SELECT migration_name FROM "_prisma_migrations" WHERE finished_at IS NOT NULL')
    const done = new Set(rows.map((row) => row.migration_name))
    for (const name of migrations().filter((name) => !done.has(name))) await apply(client, name)
  } finally {
    await client.end()
  }
}

function migrations() {
  const folder = join('prisma', 'migrations')
  return readdirSync(folder)
    .filter((name) => existsSync(join(folder, name, 'migration.sql')))
    .sort()
}

async function apply(client, name) {
  const sql = readFileSync(join('prisma', 'migrations', name, 'migration.sql'), 'utf8')
  const id = randomUUID()
  const checksum = createHash('sha256').update(sql).digest('hex')
  await client.query('INSERT INTO "_prisma_migrations" (id, checksum, migration_name) VALUES ($1, $2, $3)', [
    id,
    checksum,
    name,
  ])
  await client.query(sql)
  await client.query('UPDATE "_prisma_migrations" SET finished_at = now(), applied_steps_count = 1 WHERE id = $1', [id])
  console.log(`Applied migration ${name}`)
}

if (process.argv.slice(2).join(' ') !== 'migrate deploy') {
  console.error('This stand-in knows only `prisma migrate deploy`.')
  process.exit(1)
}
deploy().catch((error) => {
  console.error(error)
  process.exit(1)
})
