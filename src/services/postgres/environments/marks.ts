import type { MarkSupport } from '../../../core/contracts.ts'
import { messageOf } from '../../../core/errors.ts'
import type { PostgresLane } from '../options.ts'
import { identifier } from '../sql.ts'
import { inDatabase } from './connection.ts'
import { usersOf } from './role-variables.ts'

/** A row in a table in a schema of its own, which goes with the mark. */
export const marks: MarkSupport<PostgresLane> = {
  async write(lane, mark) {
    await asOwner(lane, (client) =>
      client.query(`CREATE SCHEMA ${schemaOf(mark)} CREATE TABLE mark (at timestamptz);
        INSERT INTO ${schemaOf(mark)}.mark VALUES (now())`),
    )
  },

  count(lane, mark) {
    return asOwner(lane, async (client) => {
      const table = `${schemaOf(mark)}.mark`
      const { rows } = await client.query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [table])
      if (!rows[0]?.there) return 0
      const counted = await client.query<{ count: number }>(`SELECT count(*)::int AS count FROM ${table}`)
      return counted.rows[0]?.count ?? 0
    })
  },

  async remove(lane, mark) {
    await asOwner(lane, (client) => client.query(`DROP SCHEMA IF EXISTS ${schemaOf(mark)} CASCADE`))
  },

  async intrude(lane, other) {
    const refusals: string[] = []
    for (const { user, url } of usersOf(lane)) {
      const refusal = await inDatabase(url, other.database, async () => undefined).catch(messageOf)
      if (refusal === undefined) return undefined
      refusals.push(`${user}: ${refusal.split('\n')[0]}`)
    }
    return refusals.join('; ')
  },
}

function schemaOf(mark: string): string {
  return identifier(`isolane_mark_${mark}`)
}

/** Who else there is may make no schemas. */
function asOwner<Result>(lane: PostgresLane, act: Parameters<typeof inDatabase<Result>>[2]): Promise<Result> {
  const owner = usersOf(lane).find(({ user }) => user === 'owner')
  return inDatabase(owner?.url ?? lane.url, lane.database, act)
}
