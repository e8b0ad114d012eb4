import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { test as base } from '@playwright/test'
import { type LeasedLane, lease } from 'isolane'

interface WorkerFixtures {
  lane: LeasedLane
  appUrl: string
}

export const test = base.extend<object, WorkerFixtures>({
  lane: [
    // biome-ignore lint/correctness/noEmptyPattern: Playwright reads a fixture's needs from this pattern.
    async ({}, use) => {
      await using lane = await lease()
      await use(lane)
    },
    { scope: 'worker' },
  ],
  // The app under test gets the lane as any program gets a database: by its environment.
  appUrl: [
    async ({ lane }, use) => {
      const env = { ...process.env, ...lane.env }
      const app = spawn(process.execPath, ['src/server.ts'], { env, stdio: ['ignore', 'pipe', 'inherit'] })
      const [line] = await once(app.stdout, 'data')
      await use(String(line).split(' ').at(-1)?.trim() ?? '')
      app.kill()
      await once(app, 'exit')
    },
    { scope: 'worker' },
  ],
  baseURL: ({ appUrl }, use) => use(appUrl),
})

test.beforeEach(({ lane }) => lane.reset())

export { expect } from '@playwright/test'
