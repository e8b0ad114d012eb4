import type { ServiceContext, Template } from '../../core/contracts.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import { fingerprintStep, runSteps } from '../../core/template-steps.ts'
import { cypherExtensions, runCypherFile } from './cypher-files.ts'
import { laneEnvironment } from './lane.ts'
import { databaseName, defaultVersion, type Neo4jLane, type Neo4jOptions } from './options.ts'
import { pluginParts } from './plugins.ts'

/** Changes when templates are made in another way. */
const templateFormat = 'neo4j-5'

export async function describeTemplate(options: Neo4jOptions, context: ServiceContext): Promise<Template> {
  const migrations = await fingerprintStep(options.migrations, 'migrations', context.root)
  const seed = await fingerprintStep(options.seed, 'seed', context.root)
  const parts = [
    options.image ?? '',
    options.version ?? defaultVersion,
    databaseName(options),
    ...pluginParts(options, context.root),
  ]
  return {
    fingerprint: fingerprint(templateFormat, migrations.fingerprint, seed.fingerprint, ...parts),
    cacheable: migrations.cacheable && seed.cacheable,
  }
}

/** Runs one statement, in a transaction of its own, against the template. */
export type RunStatement = (statement: string) => Promise<unknown>

/** Runs migrations and seed against an open template. */
export async function fillTemplate(
  runStatement: RunStatement,
  lane: Neo4jLane,
  options: Neo4jOptions,
  context: ServiceContext,
): Promise<void> {
  await runSteps(options, {
    context,
    lane,
    env: laneEnvironment(lane),
    extensions: cypherExtensions,
    runFile: (file, purpose) => runCypherFile(file, runStatement, purpose),
  })
}
