/** Variables for a process: to set, and with `undefined` to remove. */
export type ProcessVariables = Readonly<Record<string, string | undefined>>

/**
 * By a variable that lanes set: what clients heed besides. An address or a service file comes before PGHOST, and what
 * another server offers (TLS, Kerberos, being a standby) a lane's own may not. PGOPTIONS is about sessions, and stays.
 * The URLs of an environment's roles lead to that environment.
 */
const foreign: Readonly<Record<string, readonly string[]>> = {
  PGHOST: [
    'PGHOSTADDR',
    'PGSERVICE',
    'PGSERVICEFILE',
    'PGSSLROOTCERT',
    'PGSSLCERT',
    'PGSSLKEY',
    'PGSSLNEGOTIATION',
    'PGREQUIRESSL',
    'PGREQUIREAUTH',
    'PGCHANNELBINDING',
    'PGGSSENCMODE',
    'PGTARGETSESSIONATTRS',
    'DATABASE_URL_OWNER',
    'DATABASE_URL_APP',
    'DATABASE_URL_READONLY',
    'DATABASE_URL_BACKUP',
    'DATABASE_URL_MONITOR',
  ],
}

/** A lane's variables for a process that has others of its own: those that would lead clients past the lane are removed. */
export function processVariables(env: Readonly<Record<string, string>>): ProcessVariables {
  const removed = Object.keys(env).flatMap((name) => foreign[name] ?? [])
  return { ...Object.fromEntries(removed.map((name) => [name, undefined])), ...env }
}

export function setVariables(variables: ProcessVariables): void {
  for (const [name, value] of Object.entries(variables)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
}
