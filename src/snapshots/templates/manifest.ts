import { createHash } from 'node:crypto'
import { canonicalJson } from '../canonical-json.ts'
import { isServiceName } from '../names.ts'
import { damaged, refused } from './refused.ts'

export const manifestFile = 'manifest.json'
/** Fields may be added to it; what a reader must not ignore makes a new one. */
export const format = 1
/** Bytes; far more than any has. */
export const manifestLimit = 1024 * 1024

/** One service's template, as `SERVICE.tar.zst` in the archive. */
export interface ExportedTemplate {
  readonly kind: string
  /** Of everything that made it: migrations, seed, options. */
  readonly fingerprint: string
  /** What must be the same where it is used: `engine`, `version`, `platform` and what else decides. */
  readonly fits: Readonly<Record<string, string>>
  /** Of `SERVICE.tar.zst`. */
  readonly bytes: number
  /** Of `SERVICE.tar.zst`, in hexadecimal digits. */
  readonly sha256: string
  /** Of the tar in it. */
  readonly contentBytes: number
}

/** What an archive of templates holds. Plain data, without passwords. See docs/templates.md. */
export interface TemplateManifest {
  readonly format: typeof format
  /** What `isolane template key` prints. */
  readonly key: string
  /** ISO 8601 */
  readonly createdAt: string
  /** Version of Isolane. */
  readonly isolane: string
  /** By the service's name in the config. */
  readonly services: Readonly<Record<string, ExportedTemplate>>
  /** SHA-256, in hexadecimal digits, of the canonical JSON (RFC 8785) of all the rest. */
  readonly checksum: string
}

export function storedFile(service: string): string {
  return `${service}.tar.zst`
}

export function manifestText(contents: Omit<TemplateManifest, 'format' | 'checksum'>): string {
  const whole = { format, ...contents }
  return `${JSON.stringify({ ...whole, checksum: checksumOf(whole) }, undefined, 2)}\n`
}

/** Nothing of a manifest is believed before it is checked. @throws ISOLANE_TEMPLATE_REFUSED */
export function parseManifest(text: string, file: string): TemplateManifest {
  const { checksum, ...rest } = parse(text, file)
  if (rest.format !== format) {
    const remedy = 'use the same version of Isolane on both sides'
    throw refused(`${file} has the format ${JSON.stringify(rest.format)}, and this version reads ${format}`, remedy)
  }
  if (checksum !== checksumOf(rest)) throw damaged(file, `the checksum of its ${manifestFile} differs`)
  if (!hasServices(rest.services)) throw damaged(file, `its ${manifestFile} is none of Isolane's`)
  return { checksum, ...rest } as unknown as TemplateManifest
}

function parse(text: string, file: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown
    if (isObject(value)) return value
  } catch (error) {
    throw damaged(file, `its ${manifestFile} is no JSON`, error)
  }
  throw damaged(file, `its ${manifestFile} is no object`)
}

function hasServices(services: unknown): boolean {
  if (!isObject(services)) return false
  return Object.entries(services).every(([name, service]) => {
    if (!isServiceName(name) || !isObject(service) || !isObject(service.fits)) return false
    const { kind, fingerprint, fits, bytes, contentBytes, sha256 } = service
    const texts = [kind, fingerprint, sha256, ...Object.values(fits)]
    return texts.every((text) => typeof text === 'string') && [bytes, contentBytes].every(isSize)
  })
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function checksumOf(value: object): string {
  return createHash('sha256').update(canonicalJson(value)).digest('hex')
}
