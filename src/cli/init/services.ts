import { type ComposeImage, composeImages } from './compose.ts'
import { type EnvVariable, envVariables } from './env-files.ts'
import type { Manifest } from './manifest.ts'
import type { ProjectFiles } from './project-files.ts'

export const serviceKinds = ['postgres', 'redis', 'neo4j'] as const

export type ServiceKind = (typeof serviceKinds)[number]

export interface FoundService {
  readonly kind: ServiceKind
  /** Where it was seen, for people: `docker-compose.yml (postgres:16)`. */
  readonly evidence: string
  /** The version to ask for, when one was found that Isolane runs. */
  readonly version?: string
  /** An image with more in it than the official one. */
  readonly image?: string
}

const packages: Readonly<Record<ServiceKind, readonly string[]>> = {
  postgres: [
    'pg',
    'postgres',
    'pg-promise',
    'slonik',
    '@prisma/adapter-pg',
    'postgraphile',
    'pg-boss',
    'graphile-worker',
  ],
  redis: ['ioredis', 'redis', '@redis/client', 'bullmq', 'bull', 'connect-redis', '@keyv/redis', 'iovalkey'],
  neo4j: ['neo4j-driver', 'neo4j-driver-lite', '@neo4j/graphql', '@neo4j/graphql-ogm'],
}

const images: readonly (readonly [RegExp, ServiceKind])[] = [
  [/^(postgres|postgresql|postgis|pgvector|timescaledb(-ha)?)$/, 'postgres'],
  [/^(redis|valkey|redis-stack(-server)?)$/, 'redis'],
  [/^neo4j$/, 'neo4j'],
]

/** Databases that Isolane has no service of its own for. */
const others = /^(mysql|mariadb|mongo|mongodb|elasticsearch|rabbitmq|kafka|minio|clickhouse)/

export interface FoundServices {
  readonly services: readonly FoundService[]
  /** Images of a compose file that `container()` would run. */
  readonly others: readonly ComposeImage[]
  readonly variables: readonly EnvVariable[]
}

/** @param prismaProvider `provider` of Prisma's datasource */
export function findServices(
  files: ProjectFiles,
  manifest: Manifest,
  prismaProvider: string | undefined,
): FoundServices {
  const composed = composeImages(files)
  const variables = envVariables(files)
  const services = serviceKinds.flatMap((kind): FoundService[] => {
    const image = composed.find(({ name }) => images.some(([pattern, of]) => of === kind && pattern.test(name)))
    const dependency = packages[kind].find((name) => name in manifest.dependencies)
    const variable = variables.find((candidate) => candidate.kind === kind)
    const evidence = [
      ...(image ? [`${image.file} (${image.image})`] : []),
      ...(kind === 'postgres' && prismaProvider === 'postgresql' ? ['the Prisma schema'] : []),
      ...(dependency ? [`the package ${dependency}`] : []),
      ...(variable ? [`${variable.name} in ${variable.file}`] : []),
    ]
    if (evidence.length === 0) return []
    return [{ kind, evidence: evidence.join(', '), ...(image ? wanted(kind, image) : {}) }]
  })
  return { services, others: composed.filter(({ name }) => others.test(name)), variables }
}

const versions: Readonly<Record<Exclude<ServiceKind, 'redis'>, RegExp>> = {
  postgres: /(?<![\d.])1[345678](?![\d])/,
  neo4j: /^(5\.26|202[56])(\.\d+){0,2}/,
}

/** Redis has no version here: what is at hand serves, be it Redis or Valkey. */
function wanted(kind: ServiceKind, { image, name, tag }: ComposeImage): Pick<FoundService, 'version' | 'image'> {
  if (kind === 'redis') return {}
  const version = versions[kind].exec(tag)?.[0]
  const isOfficial = name === kind || name === 'postgresql'
  return { ...(version ? { version } : {}), ...(isOfficial ? {} : { image }) }
}
