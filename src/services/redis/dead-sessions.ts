import type { ServiceContext } from '../../core/contracts.ts'
import type { Administrator } from './client.ts'
import { isDead, type LeaseRecord } from './lease-record.ts'

/** What the names of a session's users begin with. */
export function userPrefix(session: string): string {
  return `isolane-${session}-`
}

/** Empties and gives back what killed runs still hold: first their users, so that none of their clients writes any more. */
export async function endDeadSessions(
  record: LeaseRecord,
  administrator: Administrator,
  context: ServiceContext,
): Promise<void> {
  const dead = (await record.others()).filter(isDead)
  if (dead.length === 0) return
  const [users] = await administrator.tryAll([['ACL', 'USERS']])
  for (const session of dead) {
    // Without the right to see users there are none of ours, as a rule.
    const names = Array.isArray(users)
      ? users.map(String).filter((name) => name.startsWith(userPrefix(session.id)))
      : []
    if (names.length > 0) await administrator.send('ACL', 'DELUSER', ...names)
    if (!(await record.end(session))) continue
    const { pid, host } = session.holder
    const what = session.numbers.length === 0 ? 'its entry' : `DB ${session.numbers.join(', ')}`
    const text = `took back what a run that has ended left (pid ${pid} on ${host}): ${what}`
    context.report({ kind: 'info', subject: context.name, text })
  }
}
