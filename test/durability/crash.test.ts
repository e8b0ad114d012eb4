import { describe, expect, test } from 'vitest'
import { isAlive } from '../../src/core/process-identity.ts'
import { long } from '../long.ts'
import { bringUp, openStack, serversOf, services, slicesOf, type UpStatus } from './stack.ts'
import { Writer } from './writer.ts'

const minutes = 60_000

async function killOwner({ owner }: UpStatus): Promise<void> {
  process.kill(owner.pid, 'SIGKILL')
  await expect.poll(() => isAlive(owner)).toBe(false)
}

function killServers(status: UpStatus, service?: string): void {
  for (const [name, pids] of serversOf(status)) {
    if (service === undefined || service === name) for (const pid of pids) process.kill(pid, 'SIGKILL')
  }
}

describe.skipIf(long)(`a stack with environments that is killed while a program writes${long}`, () => {
  test(
    'each server, then its owner, then all at once: no acknowledged write is lost',
    async () => {
      await using project = await openStack()
      let status = await bringUp(project)
      await using writer = new Writer(await slicesOf(project))
      await writer.goesOn()

      for (const service of services) {
        killServers(status, service)
        // The stack starts it again by itself, where it was.
        await writer.goesOn()
      }
      await killOwner(status)
      status = await bringUp(project)
      await writer.goesOn()

      killServers(status)
      await killOwner(status)
      await bringUp(project)
      await writer.goesOn()
      await writer.stop()
      expect(writer.failures).toBeGreaterThan(0)
      await writer.expectAllThere()
      expect(await project.cli('down', '--data', '--yes')).toMatchObject({ code: 0 })
      await project.expectNothingLeft()
    },
    10 * minutes,
  )
})
