import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Header } from 'tar'
import { emptyFolder } from './folders.ts'

export interface TarEntry {
  readonly path: string
  readonly content?: Uint8Array | string
  readonly type?: 'File' | 'Directory' | 'SymbolicLink' | 'Link' | 'FIFO' | 'CharacterDevice'
  readonly linkpath?: string
  /** What its head says, when that is not the truth. */
  readonly size?: number
}

/** A tar archive with whatever somebody may put into one. @returns its path */
export function tarOf(entries: readonly TarEntry[]): string {
  const blocks = entries.flatMap(({ path, content = '', type = 'File', linkpath = '', size }) => {
    const bytes = Buffer.from(content as string)
    const head = Buffer.alloc(512)
    const header = new Header({ path, type, size: size ?? bytes.length, mode: 0o600, mtime: new Date(0), linkpath })
    if (header.encode(head)) throw new Error(`${path} is too long`)
    return [head, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  const path = join(emptyFolder(), 'made.tar')
  writeFileSync(path, Buffer.concat([...blocks, Buffer.alloc(1024)]))
  return path
}
