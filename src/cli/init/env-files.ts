import type { ProjectFiles } from './project-files.ts'
import type { ServiceKind } from './services.ts'

/** A variable of a `.env` file that leads to a database. Values hold passwords, so only what they tell is kept. */
export interface EnvVariable {
  readonly file: string
  readonly name: string
  /** The kind of service that its URL leads to. */
  readonly kind: ServiceKind | 'other' | undefined
}

const schemes: readonly (readonly [RegExp, EnvVariable['kind']])[] = [
  [/^(postgres|postgresql):/, 'postgres'],
  [/^rediss?:/, 'redis'],
  [/^(neo4j|bolt)(\+s|\+ssc)?:/, 'neo4j'],
  [/^(mysql|mariadb|mongodb|sqlserver|file)(\+srv)?:/, 'other'],
]

/** Every variable of the project's `.env*` files. */
export function envVariables(files: ProjectFiles): EnvVariable[] {
  const names = files.list().filter((name) => /^\.env(\.|$)/.test(name))
  return names.flatMap((file) => {
    const lines = files.read(file)?.matchAll(/^[ \t]*(?:export[ \t]+)?(\w+)[ \t]*=[ \t]*['"]?([^\s'"]*)/gm) ?? []
    return [...lines].map(([, name = '', value = '']) => ({
      file,
      name,
      kind: schemes.find(([pattern]) => pattern.test(value))?.[1],
    }))
  })
}
