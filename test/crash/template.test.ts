import { existsSync, mkdirSync, readdirSync, watch } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Sandbox } from '../cli/sandbox.ts'
import { long } from '../long.ts'
import { fixture, greenRun, sandboxOf, services } from './runs.ts'

test.skipIf(long)(
  `a run killed while it keeps its template: the next one makes it again, and keeps it${long}`,
  async () => {
    await using sandbox = sandboxOf([services.postgres], { ownCache: true })
    // The data folder is initialised first, so that only the template is being made when the run is killed.
    expect((await sandbox.cli(['install'])).code).toBe(0)
    const saved = join(sandbox.cacheFolder, 'saved')
    await killWhenPartialIn(saved, sandbox)
    expect(readdirSync(saved)).toEqual([expect.stringMatching(/^\.partial-/)])
    expect(await sandbox.cli(['gc'])).toMatchObject({ code: 0, stdout: expect.stringContaining('.partial-') })
    await sandbox.expectNothingLeft()

    await greenRun(sandbox)
    expect(readdirSync(saved)).toEqual([expect.stringMatching(/^postgres-15/)])
    await greenRun(sandbox)
    await sandbox.expectNothingLeft()
  },
)

test.skipIf(long)(`a run killed while it initialises a data folder leaves none behind${long}`, async () => {
  await using sandbox = sandboxOf([services.postgres], { ownCache: true })
  const initialised = join(sandbox.cacheFolder, 'initialised')
  await killWhenPartialIn(initialised, sandbox)
  await sandbox.cli(['gc', '--yes'])
  expect(readdirSync(initialised)).toEqual([])
  await greenRun(sandbox)
  await sandbox.expectNothingLeft()
})

/** Starts a run and kills it at the moment in which something half made appears in the folder. */
async function killWhenPartialIn(folder: string, sandbox: Sandbox): Promise<void> {
  if (!existsSync(folder)) mkdirSync(folder, { recursive: true })
  const { promise, resolve } = Promise.withResolvers<void>()
  const watcher = watch(folder, (_event, name) => {
    if (name?.startsWith('.partial-')) resolve()
  })
  const run = sandbox.script(fixture('own-stack.ts'))
  const early = run.ended.then(({ code }) => Promise.reject(new Error(`it ended with ${code}:\n${run.output}`)))
  await Promise.race([promise, early])
  early.catch(() => {})
  await run.kill()
  watcher.close()
}
