import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'

/** SHA-256 of parts, each marked off by its length so that no two lists of parts look alike. */
export function fingerprint(...parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(`${part.length}:`).update(part)
  return hash.digest('hex')
}

/** Every file below `path` (or `path` itself) with its contents, as parts for {@link fingerprint}. */
export async function fingerprintParts(path: string): Promise<(string | Uint8Array)[]> {
  const files = await filesBelow(path)
  const contents = await Promise.all(files.map((file) => readFile(file)))
  return files.flatMap((file, index) => [relative(path, file).split(sep).join('/'), contents[index] ?? ''])
}

/** All regular files below a folder, sorted by path; the path itself when it is a file. Follows no folder links. */
export async function filesBelow(path: string): Promise<string[]> {
  if (!(await stat(path)).isDirectory()) return [path]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.split(sep).includes('node_modules'))
    .sort()
}
