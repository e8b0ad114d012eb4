/** The images that the Docker tests run on, by their official names. */
import type { EngineSpec } from '../../src/core/contracts.ts'
import { engine as postgresEngine } from '../../src/services/postgres/engine.ts'
import { redisEngine } from '../../src/services/redis/engine.ts'

export interface TestImage {
  readonly name: string
  /** Where its Dockerfile is, beside this file. */
  readonly folder: string
  /** Copied to `engine` beside the Dockerfile. */
  readonly engine?: EngineSpec
  readonly buildArguments?: Readonly<Record<string, string>>
}

export const testImages: readonly TestImage[] = [
  ...(['15', '17'] as const).map((version) => ({
    name: `postgres:${version}`,
    folder: 'postgres',
    engine: provided(postgresEngine(version)),
    buildArguments: { PG_MAJOR: version },
  })),
  { name: 'redis:7', folder: 'redis' },
  { name: 'valkey/valkey:9', folder: 'valkey', engine: provided(redisEngine('valkey@9')) },
  { name: 'neo4j:5.26', folder: 'neo4j', engine: neo4jJars('5.26') },
  { name: 'qdrant/qdrant:v1.15', folder: 'qdrant' },
]

/** A package can be moved into an image; what is installed on this machine can't. */
function provided({ find: _, alternatives: __, ...engine }: EngineSpec): EngineSpec {
  return engine
}

/** Its jars alone: the image has a Java of its own. */
function neo4jJars(version: string): EngineSpec {
  return {
    name: 'neo4j',
    version,
    packages: [{ registry: 'maven', name: 'org.neo4j:neo4j', version, contents: { kind: 'jars' } }],
  }
}
