/** The package's types as a user's TypeScript sees them. */
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { longMatrix } from '../long.ts'
import { compilerOptions } from '../vitest/compiler-options.ts'
import { openProject, type Project } from '../vitest/project.ts'
import { jestRunners } from '../vitest/runner.ts'
import { commonJs, stackConfig } from './files.ts'

/** As it stands in a CommonJS package; configs are modules. */
function files(spec: string): Record<string, string> {
  return {
    ...commonJs,
    'isolane.config.mts': stackConfig('database: postgres(), redis: redis()'),
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['*.ts', '*.mts'] }),
    'jest.config.mts': `
import { withIsolane } from 'isolane/jest'
import type { Config } from 'jest'
import stack from './isolane.config.mjs'

export const plain: Config = withIsolane({ coverageProvider: 'v8', setupFiles: ['./own.js'] }, stack)
export const made: () => Promise<Config> = withIsolane(async () => ({ coverageProvider: 'v8' }))
export default withIsolane<Config>({ projects: [withIsolane({ displayName: 'own' })] })
`,
    'a.test.ts': `
import { expectEmpty, lane, type WorkerLane } from 'isolane/jest/test'

declare module 'isolane' {
  interface Register { stack: typeof import('./isolane.config.mjs', { with: { 'resolution-mode': 'import' } }).default }
}

const held: WorkerLane = lane()
${spec}
`,
  }
}

async function check(project: Project) {
  const tsc = join(import.meta.dirname, '..', '..', 'node_modules', 'typescript', 'bin', 'tsc')
  return execa(process.execPath, [tsc, '--project', project.root], { reject: false })
}

const right = `
const url: string = held.database.url
const number: 0 extends 1 & typeof held.redis.database ? never : number = held.redis.database
const done: Promise<void>[] = [held.reset(), held.reset('redis'), expectEmpty(held)]
export const client: Promise<import('ioredis').Redis> = held.redis.client()
export { done, number, url }
`

for (const { value: runner, why } of longMatrix(jestRunners)) {
  test.skipIf(why)(
    `${runner}: configs and tests that use the lane compile; what the lane has not does not${why}`,
    async () => {
      await using project = await openProject(runner, files(right))
      const checked = await check(project)
      expect(checked.stdout).toBe('')
      expect(checked.exitCode).toBe(0)
      project.write(
        'a.test.ts',
        files("held.neo4j\nheld.reset('redish')\nheld.redis.database.toUpperCase()")['a.test.ts'] ?? '',
      )
      const refused = (await check(project)).stdout
      expect(refused.match(/TS\d+.*/g)).toEqual([
        expect.stringContaining("'neo4j'"),
        expect.stringContaining('redish'),
        expect.stringContaining("'toUpperCase'"),
      ])
    },
  )
}
