import { withoutSecrets } from '../core/lane-address.ts'

/** One database of the old way, and where it goes. */
export interface Source {
  readonly environment: string
  /** Of the config. */
  readonly service: string
  readonly kind: string
  /** With its credentials. */
  readonly url: string
  /** The container that serves it, where it is known: it is stopped in the end, and started when all is rolled back. */
  readonly container?: OldContainer
}

export interface OldContainer {
  /** Absolute. */
  readonly composeFile: string
  readonly composeService: string
  /** Where the compose file names it. */
  readonly name?: string
}

/** `dev postgres at postgres://app@127.0.0.1:5432/app`, for people. */
export function sourceText({ environment, service, url }: Source): string {
  return `${environment} ${service} at ${withoutSecrets(url, { user: false })}`
}
