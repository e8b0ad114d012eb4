import { posix } from 'node:path'
import { connectionAt, type MoreVariables } from '../connection.ts'
import { exportedObject } from '../exported.ts'
import type { Manifest } from '../manifest.ts'
import type { ProjectFiles } from '../project-files.ts'
import { Source } from '../source.ts'
import type { Recognised } from './step.ts'

const configFiles = ['ts', 'mts', 'js', 'mjs', 'cjs', 'json'].map((extension) => `drizzle.config.${extension}`)

/**
 * Drizzle's own command rather than its SQL files: it keeps `__drizzle_migrations`, by which a program that migrates when
 * it starts knows that there is nothing left to do.
 */
export function recogniseDrizzle(files: ProjectFiles, manifest: Manifest): Recognised | undefined {
  const file = files.first(configFiles)
  if (file === undefined) return undefined
  const config = files.read(file) ?? ''
  if (/['"]?(dialect|driver)['"]?\s*:\s*['"](mysql|sqlite|better-sqlite|turso|libsql|singlestore)/.test(config))
    return undefined
  const command = `${manifest.run} drizzle-kit migrate`
  const out = posix.normalize(/['"]?\bout['"]?\s*:\s*['"]([^'"]+)['"]/.exec(config)?.[1] ?? 'drizzle')
  const variables = connectionIn(config)
  if (!variables) {
    return {
      tool: 'Drizzle',
      advice: `${file} does not take the database's URL, or its host, port and name, from the environment alone: let it read DATABASE_URL, then set \`migrations: { command: '${command}', inputs: ['${out}', '${file}'] }\` in isolane.config`,
    }
  }
  if (files.list(out).length === 0) {
    return {
      tool: 'Drizzle',
      advice: `there are no migrations in ${out} yet: make them with \`${manifest.run} drizzle-kit generate\`, then set \`migrations: { command: '${command}', inputs: ['${out}', '${file}'] }\` in isolane.config`,
    }
  }
  return {
    tool: 'Drizzle',
    migrations: { command, inputs: [out, file], variables },
    replaces: /^drizzle-kit (migrate|push(:pg)?)(\s+--?[\w-]+(=\S+)?)*$/,
  }
}

function connectionIn(config: string): MoreVariables | undefined {
  try {
    const source = new Source(config)
    return connectionAt(source, exportedObject(source), 'dbCredentials')
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
