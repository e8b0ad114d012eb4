import { join } from 'node:path'
import { execa } from 'execa'
import { root } from './manifest.ts'

export interface Packed {
  /** The tarball as it would be published. */
  readonly file: string
  /** What is in it, by paths below the package's folder. */
  readonly paths: readonly string[]
  /** Bytes of the tarball. */
  readonly size: number
  /** Bytes of what is in it. */
  readonly unpackedSize: number
}

interface NpmPacked {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
  readonly size: number
  readonly unpackedSize: number
}

/** Packs what was built. Without `folder` nothing is written. */
export async function pack(folder?: string): Promise<Packed> {
  const target = folder === undefined ? ['--dry-run'] : ['--pack-destination', folder]
  const { stdout } = await execa('npm', ['pack', '--json', ...target], { cwd: root })
  const [packed] = JSON.parse(stdout) as readonly NpmPacked[]
  if (!packed) throw new Error('npm packed nothing')
  const { filename, files, size, unpackedSize } = packed
  return { file: join(folder ?? '', filename), paths: files.map(({ path }) => path), size, unpackedSize }
}
