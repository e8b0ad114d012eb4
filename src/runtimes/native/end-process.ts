import { isAlive, type ProcessIdentity } from '../../core/process-identity.ts'

/** Milliseconds that a server of a dead run gets to stop; one that is durable has much to write. */
export const grace = { forgetful: 2_000, durable: 25_000 }

/** Time it takes the system to end what was killed. */
const killed = 2_000

/** Asks a process that is not our child to end, and insists after `patience` milliseconds. */
export async function endProcess(identity: ProcessIdentity, signal: NodeJS.Signals, patience: number): Promise<void> {
  signalTo(identity, signal)
  const begun = performance.now()
  while (isAlive(identity)) {
    const waited = performance.now() - begun
    if (waited > patience) signalTo(identity, 'SIGKILL')
    if (waited > patience + killed) throw new Error('it does not end')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

function signalTo(identity: ProcessIdentity, signal: NodeJS.Signals): void {
  try {
    if (isAlive(identity)) process.kill(identity.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
