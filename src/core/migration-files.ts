import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, extname, join } from 'node:path'
import type { StepFile } from './template-steps.ts'

/** One migration of a folder: what makes the change, and what takes it back where there is such a thing. */
export interface MigrationFile {
  /** Of the file or the folder. */
  readonly name: string
  readonly up: StepFile
  readonly down?: StepFile
}

interface Found {
  readonly name: string
  readonly up: string
  readonly down?: string
}

/**
 * The migrations at a path, in the order of their names: one file, or of a folder
 * - `1_a.sql`, or `1_a.up.sql`, with `1_a.down.sql` beside it or not;
 * - when it has no such files, its folders that hold `up.sql` and perhaps `down.sql`, or `migration.sql`.
 *
 * Each file may hold both ways itself, marked as dbmate, goose and sql-migrate do.
 * @param extensions of the files, with the dot
 */
export async function migrationFiles(path: string, extensions: readonly string[]): Promise<readonly MigrationFile[]> {
  if (!(await stat(path)).isDirectory()) return [await readMigration({ name: basename(path), up: path })]
  const files = inFolder(path, await readdir(path), extensions)
  return Promise.all((files.length > 0 ? files : await inFolders(path, extensions)).map(readMigration))
}

function inFolder(folder: string, names: readonly string[], extensions: readonly string[]): Found[] {
  const ours = names.filter((name) => extensions.includes(extname(name).toLowerCase()))
  const downs = new Map(ours.filter(isDown).map((name) => [stem(name), name]))
  return ours
    .filter((name) => !isDown(name))
    .sort(byNumberThenName)
    .map((name) => {
      const down = downs.get(stem(name))
      return { name, up: join(folder, name), ...(down === undefined ? {} : { down: join(folder, down) }) }
    })
}

async function inFolders(path: string, extensions: readonly string[]): Promise<Found[]> {
  const entries = await readdir(path, { withFileTypes: true })
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name)
  const all = await Promise.all(
    names.sort(byNumberThenName).map(async (name) => {
      const inside = (await readdir(join(path, name))).sort()
      const named = (wanted: RegExp) =>
        inside.find((file) => wanted.test(file) && extensions.includes(extname(file).toLowerCase()))
      const up = named(/^(up|migration)\.\w+$/i)
      const down = named(/^down\.\w+$/i)
      if (up === undefined) return []
      return [{ name, up: join(path, name, up), ...(down === undefined ? {} : { down: join(path, name, down) }) }]
    }),
  )
  return all.flat()
}

async function readMigration({ name, up, down }: Found): Promise<MigrationFile> {
  const text = await readFile(up, 'utf8')
  const parts = section(text, 'down')
  const downText = down === undefined ? parts : await readFile(down, 'utf8')
  const downPath = down ?? up
  return {
    name,
    up: { path: up, name: basename(up), text: section(text, 'up') ?? text },
    ...(downText === undefined ? {} : { down: { path: downPath, name: basename(downPath), text: downText } }),
  }
}

const mark = /^\s*--\s*(?:migrate:|\+(?:goose|migrate)\s+)(up|down)\b/i

/** The lines that belong to one way, at their places: all others are empty. @returns `undefined` when it has none */
function section(text: string, way: 'up' | 'down'): string | undefined {
  const lines = text.split('\n')
  const marks = lines.map((line) => mark.exec(line)?.[1]?.toLowerCase())
  // A file may mark only how it is taken back.
  let current = marks.includes('up') ? undefined : 'up'
  const kept = lines.map((line, index) => {
    current = marks[index] ?? current
    return current === way ? line : undefined
  })
  return kept.some((line) => line !== undefined) ? kept.map((line) => line ?? '').join('\n') : undefined
}

/** `1_a.down.sql`, or `down.sql`. */
function isDown(name: string): boolean {
  return /(^|\.)down\.\w+$/i.test(name)
}

/** `1_a` for `1_a.sql`, `1_a.up.sql` and `1_a.down.sql`. */
function stem(name: string): string {
  return name.replace(/(?:\.(?:up|down))?\.\w+$/i, '')
}

/** `2_b.sql` comes before `10_a.sql`, as whoever numbered them meant. */
function byNumberThenName(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true })
}
