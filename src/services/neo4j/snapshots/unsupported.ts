import { IsolaneError } from '../../../core/errors.ts'

/** What turns out only when it is tried. */
export function unsupportedHere(why: string, cause?: unknown): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_SNAPSHOT_UNSUPPORTED',
    message: `This Neo4j server's databases can't be saved: ${why}`,
    remedy:
      'leave this service out of what is saved, or use the lanes of the host program (leave `image` and `url` out)',
    ...(cause === undefined ? {} : { cause }),
  })
}

/** Why lanes in a server that is not ours can't be saved. */
export const notOurServer =
  "Neo4j's own dump needs the server's programs and files (neo4j-admin), and an attached server's are out of reach"

/** Why the one database of a server can't be. */
export const oneDatabase =
  "Neo4j Community can't stop the only database it has, as a dump would need; without `url`, each lane is a server of ours, which can"
