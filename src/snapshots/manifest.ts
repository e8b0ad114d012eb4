import type { ErrorParts } from '../core/errors.ts'
import { IsolaneError } from '../core/errors.ts'
import type { SavedLane } from '../core/lane-states.ts'
import { damaged } from '../core/state-files.ts'
import { checkContents } from './manifest-schema.ts'
import { readSealed, type Sealed, sealedText } from './sealed-json.ts'

/** The format that this version writes and reads. Fields may be added to it; what a reader must not ignore makes a new one. */
export const format = 1

/** Bytes; far more than any has, so that what is no manifest is not read into memory. */
export const manifestLimit = 64 * 1024 * 1024

export interface SnapshotLane {
  /** The test that failed on it first. */
  readonly failedTest?: string
  readonly services: SavedLane
}

/** What a snapshot holds. Plain data, without passwords. See docs/snapshot-format.md. */
export interface Manifest {
  readonly format: typeof format
  readonly name: string
  /** Whether a person chose the name. Others are removed by themselves. */
  readonly named: boolean
  /** ISO 8601, by the clock of the machine that made it. */
  readonly createdAt: string
  /** Greater than that of every snapshot that lay beside it when it was made: tells the order where clocks don't. */
  readonly sequence: number
  /** Version of Isolane. */
  readonly isolane: string
  /** Which stack of the project: the config's `name`. */
  readonly stack: string
  /** `linux-x64`. */
  readonly platform: string
  /** Why it was made, for people. */
  readonly reason: string
  /** By the name of the lane. */
  readonly lanes: Readonly<Record<string, SnapshotLane>>
  /** SHA-256, in hexadecimal digits, of the canonical JSON (RFC 8785) of all the rest. */
  readonly checksum: string
}

/** Which of its lanes are environments. */
export function environmentsIn({ lanes }: Pick<Manifest, 'lanes'>): readonly string[] {
  return Object.keys(lanes).filter((name) => !/^lane-\d+$/.test(name))
}

/** The text of a manifest, with its checksum. */
export function manifestText(contents: Omit<Manifest, 'format' | 'checksum'>): string {
  return sealedText({ format, ...contents })
}

/**
 * Reads a manifest from outside: nothing of it is believed before it is checked.
 * @param path told in errors
 * @throws ISOLANE_SNAPSHOT_DAMAGED, ISOLANE_SNAPSHOT_REFUSED for another format
 */
export function parseManifest(text: string, path: string): Manifest {
  const { value, isWhole } = parse(text, path)
  if (value.format !== format) throw otherFormat(value.format, path)
  if (!isWhole) throw damaged(path, 'its checksum differs')
  const wrong = checkContents(value)
  if (wrong !== undefined) throw refused(path, wrong)
  return value as unknown as Manifest
}

function parse(text: string, path: string): Sealed {
  try {
    return readSealed(text)
  } catch (error) {
    throw damaged(path, 'it is no JSON object', error)
  }
}

/** A flipped bit may have made one format another, so the text leaves both open. */
function otherFormat(found: unknown, path: string): IsolaneError {
  const known = typeof found === 'number' && Number.isSafeInteger(found)
  return snapshotRefused({
    message: `${path} has ${known ? `format ${found}` : 'no format number'}, and this version of Isolane reads format ${format}`,
    remedy: known && found > format ? 'use a newer version of Isolane' : 'use another snapshot',
  })
}

function refused(path: string, why: string): IsolaneError {
  return snapshotRefused({
    message: `${path} says what no snapshot may: ${why}`,
    remedy: 'it was not made by Isolane; use another snapshot, nothing was changed',
  })
}

export function snapshotRefused(parts: Omit<ErrorParts, 'code'>): IsolaneError {
  return new IsolaneError({ code: 'ISOLANE_SNAPSHOT_REFUSED', ...parts })
}
