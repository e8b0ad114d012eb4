import type { ServiceContext, StateSummary } from '../../../core/contracts.ts'
import { IsolaneError } from '../../../core/errors.ts'
import { connect } from '../client.ts'
import type { Server } from '../server.ts'
import { derivedGroups } from './contents.ts'
import { accessOf, Moment } from './moment.ts'
import { differenceOf, fingerprintOf, type Schema, sameSchema } from './schema.ts'

/**
 * Compares a restored database with what was saved: schema and counts, and on the same major version the rows too.
 * @throws ISOLANE_RESTORE_FAILED naming the first thing that differs
 */
export async function checkRestored(
  server: Server,
  database: string,
  saved: StateSummary,
  savedSchema: Schema,
  { name, report }: ServiceContext,
): Promise<void> {
  const sameMajor = Number.parseInt(saved.version, 10) === server.major
  const found = await Moment.of(server, database, async (moment) => {
    const beside = await moment.besideDump()
    return { schema: beside.schema, ...(await moment.contents(beside)).summary() }
  })
  if (saved.schema !== undefined && !sameSchema(saved.schema, fingerprintOf(found.schema), sameMajor)) {
    throw differs('its schema', differenceOf(savedSchema, found.schema, sameMajor))
  }
  const derived = await derivedIn(server, database)
  for (const group of new Set([...Object.keys(saved.counts), ...Object.keys(found.counts)])) {
    const [before, after] = [saved.counts[group], found.counts[group]]
    const same = before === after && (!sameMajor || saved.digests[group] === found.digests[group])
    if (same) continue
    if (!derived.has(group)) {
      throw differs(
        `${group} has ${after ?? 'no'} entries, and ${before ?? 'none'} were saved${before === after ? '; they differ' : ''}`,
      )
    }
    const text = `${group} was refreshed by the restore, and holds other rows than when it was saved`
    report({ kind: 'warning', subject: name, text })
  }
}

async function derivedIn(server: Server, database: string): Promise<ReadonlySet<string>> {
  const client = await connect(accessOf(server), database)
  try {
    return await derivedGroups(client)
  } finally {
    await client.end()
  }
}

function differs(what: string, output?: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_RESTORE_FAILED',
    message: `What was restored is not what was saved (${what})`,
    remedy: 'the lane is as it was; please report this',
    ...(output ? { output } : {}),
  })
}
