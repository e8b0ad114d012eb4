/** A config that `isolane init` writes, as TypeScript sees it. */
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { stackConfig } from '../../src/cli/init/stack-config.ts'
import { openProject } from '../vitest/project.ts'

const compilerOptions = {
  ...{ module: 'nodenext', target: 'es2023', lib: ['es2023', 'esnext.disposable'], types: ['node'] },
  ...{ strict: true, exactOptionalPropertyTypes: true, isolatedModules: true, noEmit: true, skipLibCheck: true },
}

const use = `
import { lease } from 'isolane'

await using lane = await lease()
export const ports: number[] = [lane.postgres.port, lane.redis.port]
// @ts-expect-error: there is no such service
lane.neo4j
`

test('it compiles, and makes the lanes of the project known', async () => {
  const config = stackConfig({
    services: [{ kind: 'postgres', version: '16' }, { kind: 'redis' }],
    postgres: {
      migrations: { command: 'npx knex migrate:latest', inputs: ['migrations'], variables: { DB_HOST: 'PGHOST' } },
      seed: { command: 'npx knex seed:run' },
    },
    variables: [{ file: '.env', name: 'CACHE', kind: 'redis' }],
    isTyped: true,
  })
  await using project = await openProject('others', {
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['*.ts'] }),
    'isolane.config.ts': config,
    'use.ts': use,
  })
  const tsc = join(import.meta.dirname, '..', '..', 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = await execa(process.execPath, [tsc, '--project', project.root], { reject: false })
  expect(stdout).toBe('')
})
