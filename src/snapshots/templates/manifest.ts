import { isServiceName, manifestFile } from '../names.ts'
import { isObject, readSealed, type Sealed, sealedText } from '../sealed-json.ts'
import { damaged, refused } from './refused.ts'

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
  return sealedText({ format, ...contents })
}

/** Nothing of a manifest is believed before it is checked. @throws ISOLANE_TEMPLATE_REFUSED */
export function parseManifest(text: string, file: string): TemplateManifest {
  const { value, isWhole } = parse(text, file)
  if (value.format !== format) {
    const remedy = 'use the same version of Isolane on both sides'
    throw refused(`${file} has the format ${JSON.stringify(value.format)}, and this version reads ${format}`, remedy)
  }
  if (!isWhole) throw damaged(file, `the checksum of its ${manifestFile} differs`)
  if (!hasServices(value.services)) throw damaged(file, `its ${manifestFile} is none of Isolane's`)
  return value as unknown as TemplateManifest
}

function parse(text: string, file: string): Sealed {
  try {
    return readSealed(text)
  } catch (error) {
    throw damaged(file, `its ${manifestFile} is no JSON object`, error)
  }
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

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
