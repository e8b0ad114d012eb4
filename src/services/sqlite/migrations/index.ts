import type { Effects, MigrationSession, MigrationSupport } from '../../../core/contracts.ts'
import type { SqliteLane, SqliteOptions } from '../options.ts'
import { ProgramClient } from '../program-client.ts'
import { runSqlFile } from '../template.ts'

/** There are no locks to tell of: who writes has the whole file. */
export const migrations: MigrationSupport<SqliteOptions, SqliteLane> = {
  extensions: ['.sql'],
  steps: ({ migrations, seed }) => ({ ...(migrations ? { migrations } : {}), ...(seed ? { seed } : {}) }),
  empty: () => ({}),
  open: ({ file }) => session(file),
}

function session(file: string): MigrationSession {
  const program = new ProgramClient()
  return {
    fill: (rows, spared) => program.fill(file, rows, [...spared]),
    state: () => program.state(file),
    run: (script) => timed(() => runSqlFile(program, file, script, 'migrations')),
    watch: timed,
    [Symbol.asyncDispose]: () => program[Symbol.asyncDispose](),
  }
}

async function timed(work: () => Promise<void>): Promise<Effects> {
  const begun = performance.now()
  await work()
  return { milliseconds: performance.now() - begun, locks: [], rewritten: [] }
}
