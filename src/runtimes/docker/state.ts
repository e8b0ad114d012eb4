import { statusOf } from './errors.ts'
import type { Container } from './testcontainers.ts'

export type Inspection = Awaited<ReturnType<Container['inspect']>>

/** `undefined` when there is no such container any more. */
export async function inspect(container: Container): Promise<Inspection | undefined> {
  try {
    return await container.inspect()
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}

const signals: Readonly<Record<number, string>> = { 6: 'SIGABRT', 9: 'SIGKILL', 11: 'SIGSEGV', 15: 'SIGTERM' }

/** How a container ended, for people: `was ended by SIGKILL (exit code 137)`. */
export function describeEnd(inspection: Inspection | undefined): string {
  if (!inspection) return 'was removed'
  const { ExitCode: code, OOMKilled: outOfMemory, Error: problem } = inspection.State
  const limit = inspection.HostConfig.Memory
  if (outOfMemory) {
    const ofWhat = limit ? `its limit of ${Math.round(limit / 2 ** 20)} MiB` : "the machine's"
    return `ran out of memory (${ofWhat}) and was killed (OOM, exit code ${code})`
  }
  const signal = signals[code - 128]
  if (signal) return `was ended by ${signal} (exit code ${code})`
  return `ended with exit code ${code}${problem ? `: ${problem}` : ''}`
}
