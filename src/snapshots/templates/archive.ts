import { createReadStream } from 'node:fs'
import { Readable, type Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createZstdDecompress } from 'node:zlib'
import { extract, Parser, type ReadEntry } from 'tar'
import { isIsolaneError, messageOf } from '../../core/errors.ts'
import {
  type ExportedTemplate,
  manifestFile,
  manifestLimit,
  parseManifest,
  storedFile,
  type TemplateManifest,
} from './manifest.ts'
import { Meter } from './meter.ts'
import { damaged, refused } from './refused.ts'

/**
 * Reads a whole archive, and writes nothing: all that is in it is what its manifest says, and only files and folders that
 * stay where they are unpacked.
 * @throws ISOLANE_TEMPLATE_REFUSED
 */
export async function verifyArchive(file: string): Promise<TemplateManifest> {
  let manifest: TemplateManifest | undefined
  const awaited = new Map<string, ExportedTemplate>()
  await readEntries(createReadStream(file), file, async (entry) => {
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
  await readEntries(createReadStream(file), file, async (entry) => {
    if (entry.path !== storedFile(name)) return void entry.resume()
    const unpack = extract({ cwd: folder, strict: true, preserveOwner: false })
    await readTemplate(entry, template, file, unpack as unknown as Writable)
  })
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
  const stored = new Meter(template.bytes)
  const content = new Meter(template.contentBytes)
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
  return parser as unknown as Writable
}

function unsafe({ type, path }: ReadEntry): string | undefined {
  if (type !== 'File' && type !== 'OldFile' && type !== 'Directory') return `is a ${type}`
  const inside = !path.startsWith('/') && !/[\\:]/.test(path) && !path.split('/').includes('..')
  return inside ? undefined : 'leaves the folder'
}

function unpackable(where: string, { path }: ReadEntry, why: string): Error {
  return refused(`${where} can't be unpacked: ${path} ${why}`, 'it was not made by Isolane; nothing was changed')
}

/** @param take reads the entry to its end */
async function readEntries(source: Readable, file: string, take: (entry: ReadEntry) => Promise<void>): Promise<void> {
  const parser = new Parser({ strict: true })
  // One after the other: what the first one says decides about the rest.
  let taken = Promise.resolve()
  parser.on('entry', (entry: ReadEntry) => {
    taken = taken.then(() => take(entry))
    // What is thrown in a listener must not be lost, nor end the process.
    taken.catch((error) => parser.abort(error))
  })
  parser.on('ignoredEntry', (entry: ReadEntry) => parser.abort(unpackable(file, entry, `is a ${entry.type}`)))
  try {
    await pipeline(source, parser as unknown as Writable)
    await taken
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (['ENOENT', 'EACCES', 'EISDIR'].includes(code)) {
      throw refused(`${file} can't be read (${code})`, 'name a file that `isolane template export` has written', error)
    }
    throw ownOr(error, () => damaged(file, `it is not a whole tar archive (${messageOf(error)})`, error))
  }
}

/** What failed in one part of a chain may come out of it wrapped. */
function ownOr(error: unknown, make: () => Error): unknown {
  return isIsolaneError(error) ? error : make()
}
