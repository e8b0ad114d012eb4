import { createReadStream } from 'node:fs'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { Parser, type ReadEntry, Unpack } from 'tar'
import { isIsolaneError, messageOf } from '../../core/errors.ts'
import { Meter } from '../../core/meter.ts'
import { checkSpace } from '../disk.ts'
import { manifestFile } from '../names.ts'
import { plainTar, readEntries } from '../tar-entries.ts'
import { type ExportedTemplate, manifestLimit, parseManifest, storedFile, type TemplateManifest } from './manifest.ts'
import { damaged, refused } from './refused.ts'

/**
 * Reads a whole archive, and writes nothing: all that is in it is what its manifest says, and only files and folders that
 * stay where they are unpacked.
 * @throws ISOLANE_TEMPLATE_REFUSED
 */
export async function verifyArchive(file: string): Promise<TemplateManifest> {
  let manifest: TemplateManifest | undefined
  const awaited = new Map<string, ExportedTemplate>()
  await readArchive(file, async (entry) => {
    if (!manifest) {
      manifest = await readManifest(entry, file)
      for (const [name, service] of Object.entries(manifest.services)) awaited.set(storedFile(name), service)
      return
    }
    const service = awaited.get(entry.path)
    if (!service || entry.size !== service.bytes) throw damaged(file, `${entry.path} is not what its manifest says`)
    awaited.delete(entry.path)
    await readTemplate(entry, service, file, listing(`${file}: ${entry.path}`))
  })
  if (!manifest || awaited.size > 0) throw damaged(file, 'it is cut off')
  return manifest
}

/** Unpacks one service's template into a folder. @throws ISOLANE_TEMPLATE_REFUSED when it is not what was verified */
export async function unpackTemplate(
  file: string,
  name: string,
  template: ExportedTemplate,
  folder: string,
): Promise<void> {
  await checkSpace(folder, template.contentBytes, {
    what: 'The template',
    remedy: 'free some, or set ISOLANE_CACHE_DIR to another disk',
  })
  let isThere = false
  await readArchive(file, async (entry) => {
    if (entry.path !== storedFile(name) || isThere) return void entry.resume()
    isThere = true
    await readTemplate(entry, template, file, plainTar(new Unpack({ cwd: folder, strict: true, preserveOwner: false })))
  })
  if (!isThere) throw damaged(file, `${storedFile(name)} is missing`)
}

async function readManifest(entry: ReadEntry, file: string): Promise<TemplateManifest> {
  if (entry.path !== manifestFile || entry.size > manifestLimit) {
    throw refused(`${file} is no archive of templates`, 'give one that `isolane template export` has written')
  }
  const pieces: Buffer[] = []
  for await (const piece of entry) pieces.push(piece)
  return parseManifest(Buffer.concat(pieces).toString('utf8'), file)
}

async function readTemplate(entry: ReadEntry, template: ExportedTemplate, file: string, into: Writable): Promise<void> {
  const stored = new Meter({ limit: template.bytes })
  const content = new Meter({ limit: template.contentBytes, digest: false })
  try {
    await pipeline(Readable.from(entry, { objectMode: false }), stored, createZstdDecompress(), content, into)
  } catch (error) {
    throw ownOr(error, () => damaged(file, `${entry.path} can't be read (${messageOf(error)})`, error))
  }
  if (stored.hex() !== template.sha256 || content.bytes !== template.contentBytes) {
    throw damaged(file, `${entry.path} has changed`)
  }
}

/** Looks at what is in a tar, and lets it pass. */
function listing(where: string): Writable {
  const parser = new Parser({ strict: true })
  parser.on('entry', (entry: ReadEntry) => {
    const why = unsafe(entry)
    if (why === undefined) entry.resume()
    else parser.abort(unpackable(where, entry, why))
  })
  parser.on('ignoredEntry', (entry: ReadEntry) => parser.abort(unpackable(where, entry, `is a ${entry.type}`)))
  return plainTar(parser)
}

function unsafe({ type, path }: ReadEntry): string | undefined {
  if (type !== 'File' && type !== 'OldFile' && type !== 'Directory') return `is a ${type}`
  const inside = !path.startsWith('/') && !/[\\:]/.test(path) && !path.split('/').includes('..')
  return inside ? undefined : 'leaves the folder'
}

function unpackable(where: string, { path }: ReadEntry, why: string): Error {
  return refused(`${where} can't be unpacked: ${path} ${why}`, 'it was not made by Isolane; nothing was changed')
}

/** @param take reads the entry to its end, or has it pass */
function readArchive(file: string, take: (entry: ReadEntry) => Promise<void>): Promise<void> {
  const check = async (entry: ReadEntry) => {
    if (entry.type !== 'File' && entry.type !== 'OldFile') throw unpackable(file, entry, `is a ${entry.type}`)
    await take(entry)
  }
  return readEntries(createReadStream(file), check, (error) => {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (['ENOENT', 'EACCES', 'EISDIR'].includes(code)) {
      return refused(`${file} can't be read (${code})`, 'name a file that `isolane template export` has written', error)
    }
    return damaged(file, `it is not a whole tar archive (${messageOf(error)})`, error)
  })
}

/** What failed in one part of a chain may come out of it wrapped; a full disk is no damage. */
function ownOr(error: unknown, make: () => Error): unknown {
  const { code } = error as NodeJS.ErrnoException
  return isIsolaneError(error) || code === 'ENOSPC' || code === 'EDQUOT' ? error : make()
}
