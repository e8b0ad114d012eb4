import type { StateSummary } from './contracts.ts'
import type { ErrorCode } from './errors.ts'
import { isIsolaneError } from './errors.ts'
import type { KeepAnswer, KeepWish } from './kept-lanes.ts'
import type { Holder, Lane } from './lane.ts'
import type { SavedLane } from './lane-states.ts'
import type { StatusOptions } from './lane-status.ts'
import type { StackStatus } from './stack.ts'

/** Where a lane server listens, and the word that opens it. */
export interface LaneServerAddress {
  /** Path of a Unix socket, or the name of a Windows pipe. */
  readonly path: string
  readonly token: string
}

/** What can be asked of a lane server: the request's fields and its answer. */
export interface Requests {
  /** First on every connection. */
  hello: { request: { readonly token: string }; response: Record<string, never> }
  /** One lane per connection; it comes back when the connection closes. */
  lease: { request: { readonly holder: Holder; readonly preferred?: number }; response: Lane }
  /** The connection's lane, or one service of it. */
  reset: { request: { readonly service?: string }; response: Record<string, never> }
  release: { request: Record<string, never>; response: Record<string, never> }
  /** A test has failed on the connection's lane, which is to stay as it is. `refused` says why it does not. */
  keep: {
    request: KeepWish
    response: KeepAnswer
  }
  /**
   * The connection's lane, or one that is kept or left, is kept from now on for what a person asked for, such as a snapshot
   * restored into it: of those there may be any number.
   */
  keepAs: { request: { readonly lane?: string; readonly reason: string }; response: Record<string, never> }
  /** Keeps the state of the connection's lane under a name, for as long as it is leased. */
  mark: { request: { readonly name: string }; response: Record<string, never> }
  restoreMark: { request: { readonly name: string }; response: { readonly found: boolean } }
  forgetMarks: { request: Record<string, never>; response: Record<string, never> }
  /** Here and below a lane's name may be that of an environment. About how many bytes a lane's state takes, at most. Without a lane's name, in these: the connection's own. */
  stateSize: { request: { readonly lane?: string }; response: { readonly bytes: number } }
  /** Writes a lane's state below a folder, an empty one. */
  saveState: { request: { readonly lane?: string; readonly folder: string }; response: SavedLane }
  describeState: { request: { readonly lane?: string }; response: Readonly<Record<string, StateSummary>> }
  /** Makes a lane what was saved, or leaves it as it is. Those of other connections are refused. */
  loadState: {
    request: { readonly lane?: string; readonly folder: string; readonly saved: SavedLane }
    response: Record<string, never>
  }
  /** A lane need not be kept any longer. */
  letGo: { request: { readonly lane: string }; response: Record<string, never> }
  /** A lane with its passwords, for whoever wants to look into it. It is not leased by that. */
  look: { request: { readonly lane: string }; response: Lane }
  /** Makes an environment what migrations and seed make. A protected one only when it was saved within the hour. */
  wipe: { request: { readonly environment: string; readonly snapshot?: string }; response: Record<string, never> }
  /** New passwords for an environment's users, or for some roles of them; in all environments where none is named. */
  rotate: {
    request: { readonly environment?: string; readonly roles?: readonly string[] }
    /** By environment, the services that it was done in. */
    response: Readonly<Record<string, readonly string[]>>
  }
  /**
   * A run announces how many workers it will use, and the snapshot that it saves at its end. Once it leaves, or its
   * connection closes in another way, lanes that were kept or left for that snapshot alone are let go.
   */
  warm: { request: { readonly workers: number; readonly snapshot?: string }; response: Record<string, never> }
  status: { request: StatusOptions; response: StackStatus }
  /** The stack is to stay up until `down`. `changed`: it would have ended with the last of its runs. */
  stay: { request: Record<string, never>; response: { readonly changed: boolean } }
  /** A run has done; `ends` says whether it was the last one, and the stack ends with it. */
  leave: { request: Record<string, never>; response: { readonly ends: boolean } }
  logs: { request: { readonly service: string }; response: { readonly text: string } }
  /** Ends a long-lived stack; answered when everything is stopped. */
  down: { request: Record<string, never>; response: Record<string, never> }
}

export type RequestName = keyof Requests

/** One line on the socket, to the server. */
export interface RequestLine {
  readonly id: number
  readonly name: RequestName
  readonly body: unknown
}

/** One line on the socket, from the server. */
export type ResponseLine =
  | { readonly id: number; readonly body: unknown }
  | { readonly id: number; readonly error: ErrorLine }

/** An error as data; its text is already free of passwords. */
export interface ErrorLine {
  readonly code: ErrorCode
  readonly message: string
  readonly remedy: string
  readonly output?: string
}

export function errorLine(error: unknown): ErrorLine {
  if (isIsolaneError(error)) {
    const { code, reason, remedy, output } = error
    return { code, message: reason, remedy, ...(output === undefined ? {} : { output }) }
  }
  return {
    code: 'ISOLANE_PROTOCOL',
    message:
      error instanceof Error ? `The stack failed: ${error.message.split('\n')[0]}` : `The stack failed: ${error}`,
    remedy: 'run `isolane logs` for more',
  }
}

/** Splits a stream of text into lines. */
export function lineReader(onLine: (line: string) => void): (chunk: string) => void {
  let rest = ''
  return (chunk) => {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onLine(line)
  }
}
