import pg from 'pg'
import { chartWorld } from './src/chart.ts'
import { asker, connectGraph } from './src/graph.ts'
import { importWorld } from './src/import.ts'
import { readWorld } from './src/world.ts'

interface Seeding {
  /** The variables a test would see, pointing at the database to fill. */
  readonly env: Readonly<Record<string, string | undefined>>
}

/** Fills a migrated Postgres without rows. */
export async function seedRows({ env }: Seeding): Promise<void> {
  const pool = new pg.Pool({ connectionString: env.DATABASE_URL })
  try {
    await importWorld(await readWorld(), pool)
  } finally {
    await pool.end()
  }
}

/** Fills a Neo4j that has its constraints and nothing else. */
export async function seedGraph({ env }: Seeding): Promise<void> {
  const driver = connectGraph(env)
  try {
    await chartWorld(await readWorld(), asker(driver, env))
  } finally {
    await driver.close()
  }
}
