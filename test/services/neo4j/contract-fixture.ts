import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { buildHost } from '../../../neo4j-host/build.ts'
import type { ServiceFixture } from '../../../src/contract-tests/service.ts'
import type { Runtime, RuntimeContext } from '../../../src/core/contracts.ts'
import { cacheFolder } from '../../../src/core/folders.ts'
import { silent } from '../../../src/core/report.ts'
import { Run } from '../../../src/core/run.ts'
import { type Neo4jLane, neo4j } from '../../../src/services/neo4j/index.ts'
import { connect, count, query } from './fixture.ts'

export interface ContractOptions {
  readonly createRuntime: (context: RuntimeContext) => Runtime
  readonly define?: typeof neo4j
  /** Where a lane is to be reached, when not where it says. */
  readonly reach?: (lane: Neo4jLane) => Neo4jLane
}

/** Two items in every lane. */
export async function contractFixture({
  createRuntime,
  define = neo4j,
  reach = (lane) => lane,
}: ContractOptions): Promise<ServiceFixture<Neo4jLane>> {
  await buildHost(join(import.meta.dirname, '../../../dist/neo4j-host.jar'))
  const root = mkdtempSync(join(tmpdir(), 'isolane-neo4j-test-'))
  writeFileSync(join(root, 'schema.cypher'), 'CREATE CONSTRAINT item_id FOR (i:Item) REQUIRE i.id IS UNIQUE')
  writeFileSync(join(root, 'seed.cypher'), "CREATE (:Item {id: 1, at: date('2026-01-31')})-[:NEXT]->(:Item {id: 2})")
  const owner = new Run(join(root, 'runs'), root)
  const run = async (lane: Neo4jLane, text: string) => {
    await using driver = connect(reach(lane))
    await query(driver, reach(lane), text)
  }
  return {
    runtime: createRuntime({ run: owner, cacheFolder: cacheFolder(), report: silent }),
    root,
    definition: define({ migrations: './schema.cypher', seed: './seed.cypher' }),
    seeded: 2,
    write: (lane) => run(lane, 'CREATE (:Item {id: randomUUID()})'),
    count: async (lane) => {
      await using driver = connect(reach(lane))
      return await count(driver, reach(lane))
    },
    damage: (lane) => run(lane, 'MATCH (i:Item {id: 1}) DETACH DELETE i'),
    dispose: async () => {
      owner.end()
      rmSync(root, { recursive: true, force: true })
    },
  }
}
