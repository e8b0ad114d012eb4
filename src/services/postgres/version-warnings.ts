import type { PostgresVersion } from './options.ts'

/**
 * What people run into when they come to a major version, from the section "Migration to Version" of its release notes at
 * postgresql.org/docs/release: what is removed, and what means something else than before. What only concerns operators of
 * servers is left out.
 */
export const changes: Readonly<Record<Exclude<PostgresVersion, '13'>, readonly string[]>> = {
  '14': [
    'aggregates and operators of your own that use array functions such as array_append must be made anew, with anycompatiblearray',
    'postfix operators are gone, and with them the factorial operators ! and !!',
    'EXTRACT gives numeric where it gave double precision',
    'passwords that are set from now on are scram-sha-256, which old clients do not know',
  ],
  '15': [
    'in new databases only the owner may create in the schema public; what is upgraded keeps its rights',
    'PL/Python 2 (plpython2u) is gone',
    'pg_start_backup is pg_backup_start now, and exclusive backups are gone',
  ],
  '16': [
    'CREATEROLE no longer lets a role change roles that it was not given ADMIN OPTION on',
    'a PL/pgSQL cursor variable no longer has the name of its variable as its portal',
    'the variables lc_collate and lc_ctype are gone',
  ],
  '17': [
    'REINDEX, REFRESH MATERIALIZED VIEW, ANALYZE and the like run with a safe search_path: functions in indexes and materialized views must set their own',
    'the extension adminpack and the setting old_snapshot_threshold are gone',
    'pg_stat_bgwriter has lost columns to pg_stat_checkpointer',
  ],
  '18': [
    'initdb turns data checksums on, and pg_upgrade wants both sides alike',
    'MD5 passwords are deprecated: setting one warns',
    'unlogged partitioned tables are refused',
    'VACUUM and ANALYZE of a table take its inheritance children along',
    'AFTER triggers run as the role that caused them, not as the one at commit',
    'COPY FROM no longer takes \\. for the end of a CSV file',
  ],
}

/** What holds for both ways. */
export const noWayBack =
  'there is no way back: an older server reads nothing of a newer one; what is written after the upgrade is not on the old side'

/** What a database's dump has not (PostgreSQL's documentation, "SQL Dump"). */
export const dumpWarnings: readonly string[] = [
  "what is the server's does not come along: roles and their passwords, tablespaces, replication slots, settings of the server and of roles",
  'subscriptions do not come along, as they hold passwords',
  'planner statistics do not come along: ANALYZE makes new ones',
  'transaction ids begin anew: those that tables keep (xid8, pg_snapshot) may lie in the future',
  'indexes are built anew, and materialized views with data are refreshed: with time passed they may hold other rows',
]

/** See the page of `pg_upgrade` in PostgreSQL's documentation. */
export function pgUpgradeWarnings(from: number, to: number): readonly string[] {
  return [
    "with --link the old server can't be started again once the new one was",
    to >= 18
      ? 'extended statistics (CREATE STATISTICS) do not come along: ANALYZE makes new ones'
      : 'planner statistics do not come along: ANALYZE makes new ones',
    from >= 17
      ? 'physical replication slots do not come along'
      : 'replication slots do not come along: logical ones do from 17 on',
    'extensions keep their versions: ALTER EXTENSION … UPDATE; the new server needs their libraries',
    'where the new server sorts text by another glibc or ICU, indexes on text are wrong until REINDEX',
    "here only what comes out of it counts: that goes on to the lanes' server as a dump",
  ]
}
