/**
 * What decides how a row looks as text. The same when rows are kept and when they are restored, whatever a database's
 * own settings say.
 */
export const rowSettings: Readonly<Record<string, string>> = {
  search_path: 'pg_catalog',
  datestyle: 'ISO',
  intervalstyle: 'postgres',
  extra_float_digits: '3',
  bytea_output: 'hex',
  xmloption: 'content',
  timezone: 'UTC',
  lc_monetary: 'C',
  row_security: 'off',
}

/**
 * For the connections that reset lanes: triggers, rules and foreign keys keep still. Set when connecting, not in the
 * function, because a change of the replication role throws away every plan the session has.
 */
export const resetSettings: Readonly<Record<string, string>> = {
  ...rowSettings,
  session_replication_role: 'replica',
  statement_timeout: '0',
  lock_timeout: '1s',
  jit: 'off',
  // Rows come back in the order in which they were kept.
  synchronize_seqscans: 'off',
  max_parallel_workers_per_gather: '0',
  synchronous_commit: 'off',
  client_min_messages: 'error',
}
