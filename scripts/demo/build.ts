import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { run } from '../run.ts'
import { dist, project } from './folders.ts'

const built = ['index.js', 'cli.js', 'vitest/index.js', 'vitest/setup.js', 'vitest/lane.js']
const sources = ['src', 'neo4j-host', 'package.json', 'tsup.config.ts']

/** Builds the package unless dist/ is newer than every source. `false` when the build failed. */
export async function buildIfStale(): Promise<boolean> {
  const oldest = Math.min(...(await Promise.all(built.map((name) => modified(join(dist, name))))))
  const newest = Math.max(...(await Promise.all(sources.map((name) => newestBelow(join(project, name))))))
  if (oldest > newest) return true
  console.log('Building the package first: dist/ is missing or older than its sources.')
  return run('node', join(project, 'scripts', 'build.ts'))
}

async function newestBelow(path: string): Promise<number> {
  const entry = await stat(path).catch(() => undefined)
  if (!entry?.isDirectory()) return entry?.mtimeMs ?? 0
  const names = (await readdir(path)).filter((name) => name !== 'target')
  return Math.max(0, ...(await Promise.all(names.map((name) => newestBelow(join(path, name))))))
}

/** When a file was written; never, if it is not there. */
async function modified(file: string): Promise<number> {
  return (await stat(file).catch(() => undefined))?.mtimeMs ?? 0
}
