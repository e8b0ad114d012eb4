import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runtimes } from '../src/builtin.ts'
import type { Mode, Services } from '../src/core/config.ts'
import { resolveConfig } from '../src/core/config-check.ts'
import type { Lane } from '../src/core/lane.ts'
import { LaneClient } from '../src/core/lane-client.ts'
import { silent } from '../src/core/report.ts'
import { openStackHandle } from '../src/core/stack-handle.ts'
import { defineStack } from '../src/index.ts'

export interface Leased extends AsyncDisposable {
  readonly lanes: readonly Lane[]
  readonly clients: readonly LaneClient[]
  /** The stack's own folder. */
  readonly root: string
}

/** A stack in Docker, and as many workers that each have leased a lane of it. */
export function leaseInDocker(services: Services, mode: Mode, workers: number): Promise<Leased> {
  return lease(services, mode, workers, 'docker')
}

/** As {@link leaseInDocker}, wherever its servers run. */
export async function lease(
  services: Services,
  mode: Mode,
  workers: number,
  runtime: 'docker' | 'native',
): Promise<Leased> {
  const root = await realpath(await mkdtemp(join(tmpdir(), 'isolane-bench-')))
  const config = resolveConfig(defineStack({ services, mode, lanes: workers, runtime }), root, {})
  const handle = await openStackHandle({
    config,
    runtimes,
    workers,
    report: silent,
    signal: new AbortController().signal,
  })
  const clients: LaneClient[] = []
  const leaseOne = async (): Promise<Lane> => {
    const client = await LaneClient.connect(handle.source.address)
    clients.push(client)
    return client.request('lease', { holder: { pid: process.pid, what: 'bench' } })
  }
  return {
    lanes: await Promise.all(Array.from({ length: workers }, leaseOne)),
    clients,
    root,
    [Symbol.asyncDispose]: async () => {
      for (const client of clients) client.close()
      await handle.close()
      await rm(root, { recursive: true, force: true })
    },
  }
}
