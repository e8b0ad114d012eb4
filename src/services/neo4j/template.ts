import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { ServiceContext, Template } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { fingerprint } from '../../core/fingerprint.ts'
import { fingerprintStep, runStep } from '../../core/template-steps.ts'
import { runCypherFile } from './cypher-files.ts'
import type { HostClient } from './host-client.ts'
import { laneEnvironment } from './lane.ts'
import { databaseName, defaultVersion, type Neo4jLane, type Neo4jOptions } from './options.ts'

/** Changes when templates are made in another way. */
const templateFormat = 'neo4j-2'

export async function describeTemplate(options: Neo4jOptions, context: ServiceContext): Promise<Template> {
  const migrations = await fingerprintStep(options.migrations, 'migrations', context.root)
  const seed = await fingerprintStep(options.seed, 'seed', context.root)
  const parts = [options.version ?? defaultVersion, databaseName(options), ...(await pluginParts(options, context))]
  return {
    fingerprint: fingerprint(templateFormat, migrations.fingerprint, seed.fingerprint, ...parts),
    cacheable: migrations.cacheable && seed.cacheable,
  }
}

/** Runs migrations and seed against a template that the host has opened. */
export async function fillTemplate(
  host: HostClient,
  lane: Neo4jLane,
  options: Neo4jOptions,
  { name, root, signal }: ServiceContext,
): Promise<void> {
  for (const purpose of ['migrations', 'seed'] as const) {
    await runStep<Neo4jLane>(options[purpose], {
      purpose,
      service: name,
      root,
      signal,
      extensions: ['.cypher', '.cql', '.cyp'],
      context: { lane, env: laneEnvironment(lane) },
      runFile: (file) => runCypherFile(file, host, purpose),
    })
  }
}

/** Plugins decide what migrations can do. Their sizes stand for their contents: GDS alone has 60 MB. */
async function pluginParts({ plugins }: Neo4jOptions, { root }: ServiceContext): Promise<string[]> {
  if (plugins === undefined) return []
  const folder = resolve(root, plugins)
  try {
    const jars = (await readdir(folder)).filter((name) => name.endsWith('.jar')).sort()
    return await Promise.all(jars.map(async (name) => `${name} ${(await stat(join(folder, name))).size}`))
  } catch (error) {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `neo4j: the plugins folder ${folder} can't be read`,
      remedy: 'create it with the plugins’ jars in it, or correct the `plugins` option',
      cause: error,
    })
  }
}
