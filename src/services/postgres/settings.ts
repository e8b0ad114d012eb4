/** Whatever the server is for. */
const shared: Readonly<Record<string, string>> = {
  password_encryption: 'scram-sha-256',
  // Statements are not logged: they may hold passwords.
  log_statement: 'none',
  log_min_error_statement: 'panic',
  log_min_duration_statement: '-1',
  // The same on every machine, and as the official image has it.
  lc_messages: 'C',
  timezone: 'UTC',
  log_timezone: 'UTC',
  default_text_search_config: 'pg_catalog.english',
}

/**
 * Server settings of instances that are thrown away: nothing is durable, nothing is logged that a test did not cause.
 */
export function serverSettings(maximumLanes: number): Readonly<Record<string, string>> {
  return {
    ...withoutDurability,
    // A worker may open a pool of ten and a second client; each lane also has one kept connection of ours.
    max_connections: String(Math.min(maximumLanes * 17 + 40, 8000)),
    superuser_reserved_connections: '10',
    max_prepared_transactions: '64',
    wal_level: 'minimal',
    max_wal_senders: '0',
    min_wal_size: '8MB',
    max_wal_size: '512MB',
    checkpoint_timeout: '1h',
    shared_buffers: '64MB',
    // In the data folder, so that they go with it; POSIX segments would outlive a server killed with SIGKILL.
    dynamic_shared_memory_type: 'mmap',
    jit: 'off',
    // Resets leave dead rows behind in the same few tables, so somebody has to tidy up; gently, as lanes are many.
    autovacuum: 'on',
    autovacuum_max_workers: '1',
    autovacuum_naptime: '30s',
    ...shared,
    log_line_prefix: '',
    log_checkpoints: 'off',
  }
}

/** What the server is asked for once it runs, so that a slow, durable server is noticed. */
export const withoutDurability: Readonly<Record<string, string>> = {
  fsync: 'off',
  synchronous_commit: 'off',
  full_page_writes: 'off',
}

/** What a server with environments is asked for once it runs. */
export const durability: Readonly<Record<string, string>> = {
  fsync: 'on',
  synchronous_commit: 'on',
  full_page_writes: 'on',
}

/**
 * Server settings of instances that people work with every day: nothing that was acknowledged is lost. What is not named
 * here is as PostgreSQL has it.
 */
export const environmentSettings: Readonly<Record<string, string>> = {
  ...durability,
  max_connections: '200',
  superuser_reserved_connections: '10',
  max_prepared_transactions: '64',
  shared_buffers: '128MB',
  // Fewer checkpoints: after each, a page that is written for the first time is logged as a whole.
  checkpoint_timeout: '15min',
  max_wal_size: '1GB',
  wal_compression: 'on',
  autovacuum: 'on',
  ...shared,
  log_line_prefix: '%m [%p] %q%u@%d ',
  log_checkpoints: 'on',
  log_lock_waits: 'on',
  log_autovacuum_min_duration: '10min',
}

/**
 * How a data folder is made. One that stays notices what a disk damages. Others are not written out, and small segments keep
 * them small, as they are copied at every start.
 */
export function initdbArguments(stays: boolean): readonly string[] {
  return stays ? ['--data-checksums'] : ['--no-sync', '--wal-segsize=1']
}

export function configurationFile(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`)
    .join('')
}
