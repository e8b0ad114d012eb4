/** `lease()` as a user's TypeScript sees it. */
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { openProject, type Project } from '../vitest/project.ts'

const right = `
import { defineStack, type LaneEndpoint, lease, postgres, redis, type RedisLane } from 'isolane'

type Same<Left, Right> = (<T>() => T extends Left ? 1 : 2) extends <T>() => T extends Right ? 1 : 2 ? true : false
const same = <Left, Right>(..._: Same<Left, Right> extends true ? [] : [never]) => {}

await using lane = await lease()
same<typeof lane.name, string>()
same<typeof lane.env, Readonly<Record<string, string>>>()
same<ReturnType<typeof lane.reset>, Promise<void>>()
same<ReturnType<(typeof lane)[typeof Symbol.asyncDispose]>, PromiseLike<void>>()

const stack = defineStack({ services: { cache: redis(), database: postgres() } })
await using own = await lease({ stack })
same<typeof own.cache.database, RedisLane['database']>()
same<typeof own.database.port, number>()
`

const registered = `
import { lease, postgres } from 'isolane'

declare module 'isolane' {
  interface Register { stack: { readonly services: { readonly database: ReturnType<typeof postgres> } } }
}

await using lane = await lease()
export const port: number = lane.database.port
`

const wrong = `
import { defineStack, lease, redis } from 'isolane'

// @ts-expect-error: a folder is a text
await lease({ root: 1 })
// @ts-expect-error: there is no such option
await lease({ config: './isolane.config.ts' })
const own = await lease({ stack: defineStack({ services: { cache: redis() } }) })
// @ts-expect-error: there is no such service
own.kache
// @ts-expect-error: lanes can not be changed
own.env = {}
// @ts-expect-error: there is no such preset
defineStack({ services: { cache: redis() }, presets: ['ci'] })
// @ts-expect-error: services are the config's own
defineStack({ services: { cache: redis() }, presets: [{ services: {} }] })
// @ts-expect-error: there is no such mode
defineStack({ services: { cache: redis() }, presets: ['native', { mode: 'alone' }] })
defineStack({ services: { cache: redis() }, presets: ['ci-parallel', { reset: 'test', runtime: { cache: 'native' } }] })
`

const compilerOptions = {
  ...{ module: 'nodenext', target: 'es2023', lib: ['es2023', 'esnext.disposable'], types: ['node'] },
  ...{ strict: true, exactOptionalPropertyTypes: true, noEmit: true, skipLibCheck: true },
}

async function check(project: Project): Promise<string> {
  const tsc = join(import.meta.dirname, '..', '..', 'node_modules', 'typescript', 'bin', 'tsc')
  const { stdout } = await execa(process.execPath, [tsc, '--project', project.root], { reject: false })
  return stdout
}

test.each([
  {
    what: 'what is right compiles, and exactly; what is wrong does not',
    files: { 'right.ts': right, 'wrong.ts': wrong },
  },
  { what: 'a registered config types the lane', files: { 'registered.ts': registered } },
])('$what', async ({ files }) => {
  await using project = await openProject('others', {
    'tsconfig.json': JSON.stringify({ compilerOptions, include: ['*.ts'] }),
    ...files,
  })
  expect(await check(project)).toBe('')
})
