import { execa } from 'execa'
import { IsolaneError } from '../core/errors.ts'
import type { Memory } from './journal.ts'
import type { OldContainer, Source } from './source.ts'

/** Labels that Compose gives its containers; the first has all files of a project, with commas between. */
const [filesLabel, serviceLabel] = ['com.docker.compose.project.config_files', 'com.docker.compose.service']

/** Ends the old databases' containers; their data stay. @returns what was done, a line each */
export async function stopContainers(sources: readonly Source[]): Promise<readonly string[]> {
  return each(sources, 'stop')
}

export async function startContainers(sources: readonly Source[]): Promise<readonly string[]> {
  return each(sources, 'start')
}

/** Bytes that each old container takes now, by its name; those that are not found are left out. */
export async function memoryOf(sources: readonly Source[]): Promise<Memory> {
  const names = (await Promise.all(containersOf(sources).map(findContainer))).flatMap((name) => name ?? [])
  if (names.length === 0) return {}
  const { stdout = '' } = await execa(
    'docker',
    ['stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}', ...names],
    { reject: false },
  )
  return Object.fromEntries(
    stdout.split('\n').flatMap((line) => {
      const [, name, amount, unit = ''] = /^(\S+) ([\d.]+)([KMGT]i)?B\b/.exec(line) ?? []
      return name === undefined ? [] : [[name, Math.round(Number(amount) * (units[unit] ?? 1))]]
    }),
  )
}

const units: Readonly<Record<string, number>> = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40 }

async function each(sources: readonly Source[], verb: 'stop' | 'start'): Promise<readonly string[]> {
  const done = sources
    .filter(({ container }) => !container)
    .map(
      ({ environment, service }) => `the old ${service} of ${environment} is in no compose file: ${verb} it yourself`,
    )
  for (const container of containersOf(sources)) {
    const name = await findContainer(container)
    if (name === undefined) {
      if (verb === 'start') throw notFound(container)
      done.push(
        `Docker knows no container of ${container.composeService} in ${container.composeFile}: stop it yourself`,
      )
      continue
    }
    const { exitCode, stderr } = await execa('docker', [verb, name], { reject: false })
    if (exitCode !== 0) throw refused(verb, name, stderr)
    done.push(`${name} is ${verb === 'stop' ? 'stopped' : 'started'}`)
  }
  return done
}

function containersOf(sources: readonly Source[]): readonly OldContainer[] {
  return sources.flatMap(({ container }) => container ?? [])
}

/** By the name that the compose file gives it, else by Compose's own labels; stopped ones too. */
async function findContainer({ name, composeFile, composeService }: OldContainer): Promise<string | undefined> {
  const filter = name === undefined ? `label=${serviceLabel}=${composeService}` : `name=${name}`
  const format = `{{.Names}}\t{{.Label "${filesLabel}"}}`
  const { stdout = '' } = await execa('docker', ['ps', '--all', '--format', format, '--filter', filter], {
    reject: false,
  })
  const found = stdout.split('\n').map((line) => line.split('\t'))
  const [own] =
    found.find(([own, files = '']) =>
      // Docker's filter takes a part of a name for the name.
      name === undefined ? files.split(',').includes(composeFile) : own === name,
    ) ?? []
  return own
}

function notFound({ composeService, composeFile }: OldContainer): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_MIGRATE_FAILED',
    message: `${composeService} of ${composeFile} has no container to start again`,
    remedy: `run \`docker compose -f ${composeFile} up -d ${composeService}\`, then this again`,
  })
}

function refused(verb: string, name: string, output: string | undefined): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_MIGRATE_FAILED',
    message: `The container ${name} can't be ${verb === 'stop' ? 'stopped' : 'started'}`,
    remedy: `see what Docker says below, put it right, then \`isolane migrate --resume\` or \`--rollback\``,
    output: output ?? '',
  })
}
