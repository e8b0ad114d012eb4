import { describe } from 'vitest'
import { serviceContract } from '../../../src/contract-tests/service.ts'
import { createDockerRuntime } from '../../../src/runtimes/docker/index.ts'
import { createNativeRuntime } from '../../../src/runtimes/native/index.ts'
import type { Neo4jLane } from '../../../src/services/neo4j/index.ts'
import { lackingForDocker } from '../../docker.ts'
import { long } from '../../long.ts'
import { contractFixture } from './contract-fixture.ts'

const lacking = await lackingForDocker('neo4j:5.26')

serviceContract<Neo4jLane>('Neo4j, native', () => contractFixture({ createRuntime: createNativeRuntime }))

describe.skipIf(lacking || long)(`in Docker${lacking || long}`, () => {
  serviceContract<Neo4jLane>('Neo4j, docker', () => contractFixture({ createRuntime: createDockerRuntime }))
})
