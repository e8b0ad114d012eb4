import { posix } from 'node:path'
import { connectionAt, connectionVariables, type MoreVariables, setsVariables } from '../connection.ts'
import { exported, exportedObject } from '../exported.ts'
import type { Manifest } from '../manifest.ts'
import { isPlain, objectAt, property } from '../objects.ts'
import type { ProjectFiles } from '../project-files.ts'
import { Source } from '../source.ts'
import type { Recognised, StepPlan } from './step.ts'

export interface PrismaSchema {
  /** A file, or a folder of files. */
  readonly path: string
  readonly text: string
  readonly provider: string | undefined
  /** Prisma's own config file. */
  readonly configFile: string | undefined
}

const configFiles = ['ts', 'mts', 'cts', 'js', 'mjs', 'cjs'].flatMap((extension) => [
  `prisma.config.${extension}`,
  `.config/prisma.${extension}`,
])

export function readPrismaSchema(files: ProjectFiles, manifest: Manifest): PrismaSchema | undefined {
  const configFile = files.first(configFiles)
  const config = configFile ? (files.read(configFile) ?? '') : ''
  const told = /\bschema\s*:\s*['"]([^'"]+)['"]/.exec(config)?.[1] ?? manifest.prisma.schema
  const candidates = [
    ...(told ? [posix.normalize(told)] : []),
    'prisma/schema.prisma',
    'schema.prisma',
    'prisma/schema',
  ]
  const path = candidates.find((candidate) => files.has(candidate) || files.hasFolder(candidate))
  if (path === undefined) return undefined
  const text = files.has(path)
    ? (files.read(path) ?? '')
    : files
        .list(path)
        .filter((name) => name.endsWith('.prisma'))
        .map((name) => files.read(`${path}/${name}`))
        .join('\n')
  const provider = /datasource\s+\w+\s*\{[^}]*\bprovider\s*=\s*"(\w+)"/.exec(text)?.[1]
  return { path, text, provider: provider === 'postgres' ? 'postgresql' : provider, configFile }
}

export function recognisePrisma(
  files: ProjectFiles,
  manifest: Manifest,
  schema: PrismaSchema,
  testCommands: readonly string[],
): Recognised {
  const config = schema.configFile ? (files.read(schema.configFile) ?? '') : ''
  const variables = schemaVariables(schema, config)
  if (!variables) {
    return {
      tool: 'Prisma',
      advice: `${schema.configFile ?? schema.path} does not take the database's URL from the environment, so migrations would reach the database it names: let it read DATABASE_URL, then set \`migrations: { command: '${manifest.run} prisma migrate deploy', inputs: ['prisma'] }\` in isolane.config`,
    }
  }
  const { inputs, hasMigrations } = placesOf(files, schema, config)
  const step = (command: string): StepPlan => ({
    command: `${manifest.run} prisma ${command}`,
    inputs,
    variables,
  })
  const seeds =
    testCommands.some((command) => /^prisma db seed\b/.test(command)) || resetsWithSeed(manifest, testCommands)
  return {
    tool: 'Prisma',
    migrations: step(hasMigrations ? 'migrate deploy' : 'db push'),
    ...(seeds ? { seed: step('db seed') } : {}),
    replaces: hasMigrations
      ? /^prisma (migrate (deploy|reset)|db (push|seed))(\s+--?[\w-]+(=\S+)?)*$/
      : /^prisma db (push|seed)(\s+--?[\w-]+(=\S+)?)*$/,
  }
}

/** What is behind `url` and `directUrl`, by which migrations go where there is one, in the schema and the config. */
function schemaVariables({ text, configFile }: PrismaSchema, config: string): MoreVariables | undefined {
  try {
    const all = [...inSchema(text), ...(configFile ? inConfig(new Source(config)) : [])]
    if (all.length === 0 || all.includes(undefined)) return undefined
    return Object.assign({}, ...all) as MoreVariables
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function inSchema(text: string): (MoreVariables | undefined)[] {
  const datasource = /datasource\s+\w+\s*\{[^}]*\}/.exec(text)?.[0] ?? ''
  return [...datasource.matchAll(/^\s*(?:url|directUrl)\s*=(.*)$/gm)].map(([, value = '']) => {
    const source = new Source(`import { env } from 'prisma/config'\nexport default ${value}`)
    return connectionVariables(source, exported(source)?.expression)
  })
}

function inConfig(source: Source): (MoreVariables | undefined)[] {
  const config = exportedObject(source)
  const isHidden = !config || !isPlain(config) || property(config, 'adapter') || property(config, 'migrate')
  if (isHidden || setsVariables(source)) return [undefined]
  const datasource = objectAt(config, 'datasource')
  if (!datasource) return property(config, 'datasource') ? [undefined] : []
  if (!isPlain(datasource)) return [undefined]
  const names = ['url', 'directUrl'].filter((name) => property(datasource, name))
  return names.map((name) => connectionAt(source, datasource, name))
}

function placesOf(files: ProjectFiles, schema: PrismaSchema, config: string) {
  const folder = posix.dirname(schema.path)
  const told = /\bmigrations\s*:\s*\{[^}]*?\bpath\s*:\s*['"]([^'"]+)['"]/.exec(config)?.[1]
  const candidates = told ? [posix.normalize(told)] : [posix.join(folder, 'migrations'), `${schema.path}/migrations`]
  const migrations = candidates.find((candidate) => files.hasFolder(candidate))
  const hasMigrations = files.list(migrations ?? '').some((name) => files.has(`${migrations}/${name}/migration.sql`))
  const all = [folder === '.' ? schema.path : folder, ...(migrations ? [migrations] : [])]
  const outer = all.filter((path) => !all.some((other) => path !== other && path.startsWith(`${other}/`)))
  return { inputs: [...new Set(outer), ...(schema.configFile ? [schema.configFile] : [])], hasMigrations }
}

/** Up to version 6 `migrate reset` seeds too. */
function resetsWithSeed({ prisma, dependencies }: Manifest, commands: readonly string[]): boolean {
  const major = Number(/\d+/.exec(dependencies.prisma ?? dependencies['@prisma/client'] ?? '')?.[0] ?? 7)
  const resets = commands.some((command) => /^prisma migrate reset\b(?!.*--skip-seed)/.test(command))
  return resets && prisma.seed !== undefined && major < 7
}
