import { createHash, randomBytes } from 'node:crypto'
import type { LaneId, Template } from '../../core/contracts.ts'

/** Every database of ours begins with this, and carries a comment of ours besides. */
export const prefix = 'isolane_'

/** The names of one session's databases. */
export interface Names {
  lane(lane: LaneId): string
  /** The same for everybody who can use it. */
  template(template: Template): string
  building(template: Template): string
  timing(template: Template): string
  /** A new one beside a lane's: a state that was kept or brought back. */
  side(): string
  readonly sidePrefix: string
  /** Databases are put aside by renaming: dropping one forces a checkpoint, which tests that run would wait for. */
  readonly trashPrefix: string
}

/** On a server of our own, where nobody else makes databases. */
export const ownNames: Names = namesUnder(prefix, ({ fingerprint }) => `${prefix}template_${fingerprint.slice(0, 40)}`)

/** What a session on somebody else's server puts before the names of all that must go when it ends. */
export function sessionPrefix(session: string): string {
  return `${prefix}${session}_`
}

/** The session that a database was made by, told by its name. */
export function sessionOf(database: string): string | undefined {
  return /^isolane_([0-9a-f]{12})_/.exec(database)?.[1]
}

/**
 * Beside other sessions and other people's databases.
 * @param kind what besides the fingerprint makes templates usable: who owns them, and how lanes are reset.
 */
export function attachedNames(session: string, kind: string): Names {
  const own = sessionPrefix(session)
  return namesUnder(own, (template) => {
    // Nothing tells whether another session's outcome of the same steps is the same.
    if (!template.cacheable) return `${own}template_${template.fingerprint.slice(0, 24)}`
    const hash = createHash('sha256').update(`${kind}\0${template.fingerprint}`).digest('hex')
    return `${prefix}template_${hash.slice(0, 40)}`
  })
}

function namesUnder(own: string, template: Names['template']): Names {
  return {
    lane: ({ name }) => `${own}${name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_')}`.slice(0, 63),
    template,
    building: ({ fingerprint }) => `${own}building_${fingerprint.slice(0, 24)}`,
    timing: ({ fingerprint }) => `${own}timing_${fingerprint.slice(0, 24)}`,
    side: () => `${own}side_${randomBytes(8).toString('hex')}`,
    sidePrefix: `${own}side_`,
    trashPrefix: `${own}trash_`,
  }
}
