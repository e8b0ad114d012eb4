import type { Manifest } from '../manifest.ts'
import type { ProjectFiles } from '../project-files.ts'
import { calledScript, core, segments } from '../scripts.ts'
import { recogniseDrizzle } from './drizzle.ts'
import { recogniseKnex } from './knex.ts'
import { readPrismaSchema, recognisePrisma } from './prisma.ts'
import { recogniseSql } from './sql.ts'
import type { Recognised } from './step.ts'

/** Tools whose migrations are code, so that only their own command can run them. */
const others: Readonly<Record<string, string>> = {
  typeorm: 'typeorm migration:run -d PATH/TO/DATA-SOURCE',
  'sequelize-cli': 'sequelize-cli db:migrate --url "$DATABASE_URL"',
  'node-pg-migrate': 'node-pg-migrate up',
  '@mikro-orm/cli': 'mikro-orm migration:up',
  dbmate: 'dbmate up',
}

/** What makes the schema of the project's Postgres database, when it can be seen. */
export function recogniseMigrations(files: ProjectFiles, manifest: Manifest): Recognised | undefined {
  const commands = testCommands(manifest)
  const schema = readPrismaSchema(files, manifest)
  if (schema?.provider === 'postgresql') return recognisePrisma(files, manifest, schema, commands)
  const found = recogniseDrizzle(files, manifest) ?? recogniseKnex(files, manifest, commands)
  if (found) return found
  const tool = Object.keys(others).find((name) => name in manifest.dependencies)
  if (!tool) return recogniseSql(files)
  return {
    tool,
    advice: `${tool} makes the schema: set \`migrations: { command: '${manifest.run} ${others[tool]}', inputs: ['FOLDER OF ITS MIGRATIONS'] }\` in isolane.config; the command gets DATABASE_URL`,
  }
}

/** What the scripts that run the tests do, and the scripts that those call. */
function testCommands({ scripts }: Manifest): string[] {
  return Object.entries(scripts)
    .filter(([name]) => /^(pre|post)?test(:|$)/.test(name))
    .flatMap(([, script]) => segments(script))
    .flatMap((segment) => segments(scripts[calledScript(segment) ?? ''] ?? segment))
    .map(core)
}
