/** Without `lane`, a container of one's own is what keeps lanes apart. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { VectorStore } from '../../../examples/vectors/src/vector-store.ts'
import { runtimes } from '../../../src/builtin.ts'
import { resolveConfig } from '../../../src/core/config-check.ts'
import { cacheFolder } from '../../../src/core/folders.ts'
import type { Lane } from '../../../src/core/lane.ts'
import { silent } from '../../../src/core/report.ts'
import { Stack } from '../../../src/core/stack.ts'
import { container } from '../../../src/services/container/index.ts'
import { lackingForDocker } from '../../docker.ts'
import { long } from '../../long.ts'

const image = 'qdrant/qdrant:v1.15'
const lacking = await lackingForDocker(image)
const holder = { pid: process.pid, what: 'test' }

describe.skipIf(lacking)(`a container without lanes of its own${lacking}`, () => {
  test.skipIf(long)(
    `is started for each lane, and anew when a lane changes hands; its holder is told how to empty it${long}`,
    async () => {
      const stateFolder = mkdtempSync(join(tmpdir(), 'isolane-container-'))
      const vectors = container({
        image,
        ports: { http: 6333 },
        wait: { http: '/readyz', port: 'http' },
        env: (lane) => ({ QDRANT_URL: lane.url }),
      })
      const stack = await Stack.open({
        config: resolveConfig({ services: { vectors }, lanes: 2 }, stateFolder, {}),
        runtimes,
        stateFolder,
        cacheFolder: cacheFolder(),
        workers: 1,
        report: silent,
        signal: new AbortController().signal,
      })
      try {
        const [first, second] = [await stack.pool.lease(holder), await stack.pool.lease(holder)]
        expect(new Set([first.env.QDRANT_URL, second.env.QDRANT_URL]).size).toBe(2)
        await storeOf(first).create('mine', 2)
        expect(await storeOf(second).collections()).toEqual([])
        await expect(stack.pool.reset(first.id.number)).rejects.toMatchObject({
          code: 'ISOLANE_RESET_FAILED',
          message: expect.stringContaining('nothing says how to empty it'),
        })
        stack.pool.release(first.id.number)
        expect(await storeOf(await stack.pool.lease(holder)).collections()).toEqual([])
      } finally {
        await stack.close()
        rmSync(stateFolder, { recursive: true, force: true })
      }
    },
  )
})

function storeOf({ env }: Lane): VectorStore {
  return new VectorStore({ url: env.QDRANT_URL ?? '', key: '', prefix: '' })
}
