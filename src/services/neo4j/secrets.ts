import { createHmac } from 'node:crypto'

/** The password of user neo4j in every lane: the same for every session on one instance, and no way back to the stack's. */
export function lanePassword(password: string): string {
  return createHmac('sha256', password).update('isolane lanes').digest('base64url').slice(0, 32)
}

/** Of user neo4j in one environment. @param rotation how often it was changed */
export function environmentPassword(password: string, environment: string, rotation: number): string {
  const what = `isolane environment ${environment} ${rotation}`
  return createHmac('sha256', password).update(what).digest('base64url').slice(0, 32)
}

/** What the host program reads: what opens its control channel, then the lanes' password. */
export function hostSecrets(password: string): string {
  return `{password}\n${lanePassword(password)}`
}
