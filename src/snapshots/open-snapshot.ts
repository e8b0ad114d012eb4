import { realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { type Manifest, manifestLimit, parseManifest, snapshotRefused } from './manifest.ts'
import { manifestFile } from './names.ts'
import { registerReading } from './registered.ts'
import { openRegularFile } from './regular-file.ts'

/** A snapshot whose manifest is good. It is not removed until this is disposed of. */
export interface OpenSnapshot extends AsyncDisposable {
  readonly name: string
  /** Where its files are: of an archive, where it was unpacked to. */
  readonly folder: string
  /** On disk, with its manifest. */
  readonly bytes: number
  readonly manifest: Manifest
}

/** @throws ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_SNAPSHOT_REFUSED */
export async function openFolder(folder: string): Promise<OpenSnapshot> {
  const reading = registerReading(await realpath(folder))
  try {
    const { manifest, bytes } = await readManifest(folder)
    return { name: manifest.name, folder, bytes, manifest, [Symbol.asyncDispose]: async () => reading.release() }
  } catch (error) {
    reading.release()
    throw error
  }
}

/** @returns the manifest, and how much the snapshot takes on disk by what it says */
export async function readManifest(folder: string): Promise<Pick<OpenSnapshot, 'manifest' | 'bytes'>> {
  const path = join(folder, manifestFile)
  return parsed(await readSmallFile(path), path)
}

/** @param path told in errors. @throws ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_SNAPSHOT_REFUSED */
export function parsed(text: string, path: string): Pick<OpenSnapshot, 'manifest' | 'bytes'> {
  const manifest = parseManifest(text, path)
  const files = filesOf(manifest).reduce((sum, { bytes }) => sum + bytes, 0)
  return { manifest, bytes: Buffer.byteLength(text) + files }
}

/** A file that a manifest lists. */
export interface ListedFile {
  /** Segments below the snapshot's folder: lane, service, name. */
  readonly path: readonly [lane: string, service: string, file: string]
  readonly bytes: number
  readonly sha256: string
  readonly contentBytes: number
}

export function filesOf({ lanes }: Pick<Manifest, 'lanes'>): readonly ListedFile[] {
  return Object.entries(lanes).flatMap(([lane, { services }]) =>
    Object.entries(services).flatMap(([service, saved]) =>
      'files' in saved
        ? saved.files.map(({ name, ...rest }) => ({ ...rest, path: [lane, service, name] as const }))
        : [],
    ),
  )
}

/** Folders that a manifest lists, as segments; a folder comes before what is in it. */
export function foldersOf({ lanes }: Pick<Manifest, 'lanes'>): readonly (readonly string[])[] {
  return Object.entries(lanes).flatMap(([lane, { services }]) => [
    [lane],
    ...Object.entries(services).flatMap(([service, saved]) => ('files' in saved ? [[lane, service]] : [])),
  ])
}

async function readSmallFile(path: string): Promise<string> {
  await using opened = await openRegularFile(path)
  const { file, status } = opened
  if (status.size > manifestLimit) {
    throw snapshotRefused({ message: `${path} is too large (${status.size} bytes)`, remedy: 'use another snapshot' })
  }
  return await file.readFile('utf8')
}
