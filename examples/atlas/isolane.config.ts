import { defineStack, neo4j, postgres, redis } from 'isolane'
import { seedGraph, seedRows } from './seed.ts'
import { worldFile } from './src/world.ts'

/** What decides the seeds' outcome: while none of it changes, the migrated and seeded state is kept between runs. */
const inputs = ['./seed.ts', './src/import.ts', './src/chart.ts', './src/world.ts', worldFile]

const base = {
  postgres: postgres({ version: '17', migrations: './migrations', seed: { run: seedRows, inputs } }),
  redis: redis(),
}

/** Neo4j needs Java; without it, the tests of the graph are skipped and everything else runs. */
const withoutNeo4j = process.env.ISOLANE_ATLAS_WITHOUT_NEO4J === '1'

export default defineStack({
  // No Docker needed, and none used where there is one.
  runtime: 'native',
  services: withoutNeo4j
    ? base
    : { ...base, neo4j: neo4j({ version: '5.26', migrations: './graph', seed: { run: seedGraph, inputs } }) },
})
