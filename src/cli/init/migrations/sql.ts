import type { ProjectFiles } from '../project-files.ts'
import type { Recognised } from './step.ts'

const folders = [
  ...['migrations', 'db/migrations', 'sql/migrations', 'database/migrations', 'src/migrations', 'src/db/migrations'],
  ...['supabase/migrations', 'db/migrate', 'db/sql', 'sql', 'sqitch/deploy'],
]
const singleFiles = ['schema.sql', 'db/schema.sql', 'database/schema.sql', 'db/structure.sql', 'sql/schema.sql']

/** Files that are not to be run from beginning to end, one after the other. */
const marks: readonly (readonly [RegExp, string, string])[] = [
  [/^--\s*migrate:(up|down)/m, 'dbmate', 'dbmate up'],
  [/^--\s*\+goose\s+(up|down)/im, 'goose', 'goose -dir FOLDER postgres "$DATABASE_URL" up'],
  [/^--\s*\+migrate\s+(up|down)/im, 'sql-migrate', 'sql-migrate up'],
  [/^--\s*(up|down) migration/im, 'node-pg-migrate', 'npx node-pg-migrate up -m FOLDER'],
]

/** A folder of plain SQL files, or one file with the whole schema. */
export function recogniseSql(files: ProjectFiles): Recognised | undefined {
  for (const folder of folders) {
    const names = files.list(folder).filter((name) => name.endsWith('.sql'))
    if (names.length > 0) return fromFolder(files, folder, names)
  }
  const file = files.first(singleFiles)
  return file ? { tool: 'plain SQL', migrations: { path: `./${file}` } } : undefined
}

function fromFolder(files: ProjectFiles, folder: string, names: readonly string[]): Recognised {
  if (names.some((name) => /[._-]down\.sql$/i.test(name) || /^U\d+.*__/.test(name))) {
    return byCommand('SQL with a way back', folder, "YOUR TOOL's command", 'its files also hold the way back')
  }
  for (const [pattern, tool, command] of marks) {
    if (!names.some((name) => pattern.test(files.read(`${folder}/${name}`) ?? ''))) continue
    return byCommand(
      tool,
      folder,
      command.replace('FOLDER', folder),
      `its files are ${tool}'s, which hold the way back too`,
    )
  }
  return { tool: 'plain SQL', migrations: { path: `./${folder}` } }
}

function byCommand(tool: string, folder: string, command: string, why: string): Recognised {
  return {
    tool,
    advice: `${folder} can't be run as plain SQL: ${why}. Set \`migrations: { command: '${command}', inputs: ['${folder}'] }\` in isolane.config; the command gets DATABASE_URL`,
  }
}
