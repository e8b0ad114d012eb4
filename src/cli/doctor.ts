import type { Command } from 'commander'
import type { ResolvedConfig } from '../core/config.ts'
import { isIsolaneError } from '../core/errors.ts'
import { type Check, checking, failure, note, ok } from './checks/check.ts'
import { clientChecks } from './checks/clients.ts'
import { dockerChecks } from './checks/docker.ts'
import { engineChecks } from './checks/engines.ts'
import { environmentChecks } from './checks/environments.ts'
import { folderChecks } from './checks/folders.ts'
import { machineChecks } from './checks/machine.ts'
import { memoryChecks } from './checks/memory.ts'
import { findPrograms, javaChecks, programChecks } from './checks/programs.ts'
import { leftoverCheck, stackChecks } from './checks/stack.ts'
import { type Subject, subjectsOf } from './checks/subjects.ts'
import { exitCodes } from './exit-codes.ts'
import { projectConfig } from './project.ts'

export function addDoctor(program: Command): void {
  program
    .command('doctor')
    .description('check this machine and the project, and say what to do about each problem')
    .option('--json', 'print JSON', false)
    .action((options: { json: boolean }, command: Command) => doctor(options, command))
}

async function doctor(options: { json: boolean }, command: Command): Promise<void> {
  const checks = await everyCheck(command)
  const failures = checks.filter(({ state }) => state === 'failed').length
  if (options.json) process.stdout.write(`${JSON.stringify({ ok: failures === 0, checks }, undefined, 2)}\n`)
  else process.stdout.write(describe(checks, failures))
  if (failures > 0) process.exitCode = exitCodes.unwell
}

async function everyCheck(command: Command): Promise<Check[]> {
  const { config, check } = await readConfig(command)
  const programs = await findPrograms()
  // What the config says wrongly, an option for instance, is told by the check of the config.
  const subjects = await subjectsOf(config).catch(() => [])
  const isProject = config !== undefined
  const docker = await checking('Docker', () => dockerChecks(subjects, isProject))
  const hasDocker = docker.some(({ name, state }) => name === 'Docker' && state === 'ok')
  const isNeeded = ({ runtime }: Subject) => isProject && (runtime === 'native' || !hasDocker)
  return [
    ...(await machineChecks()),
    ...(await folderChecks()),
    ...(isProject ? await checking('memory', () => memoryChecks(subjects)) : []),
    check,
    ...(await checking('engines', () => engineChecks(subjects, programs, isNeeded))),
    ...(await checking('Java', javaChecks)),
    ...programChecks(programs),
    ...(await checking('clients', () => clientChecks(subjects, isProject))),
    ...(config ? await checking('stack', () => stackChecks(config, subjects)) : []),
    ...(config ? await checking('environments', () => environmentChecks(config)) : []),
    ...(await checking('leftovers', leftoverCheck)),
    ...docker,
  ]
}

async function readConfig(command: Command): Promise<{ config?: ResolvedConfig; check: Check }> {
  try {
    const config = await projectConfig(command)
    const services = Object.entries(config.services).map(([name, { service }]) =>
      name === service.kind ? name : `${name} (${service.kind})`,
    )
    return { config, check: ok('config', `${config.root}: ${services.join(', ')}`) }
  } catch (error) {
    if (!isIsolaneError(error, 'ISOLANE_CONFIG_NOT_FOUND')) return { check: failure('config', error) }
    return { check: note('config', 'there is none here, so every engine is looked for', error.remedy) }
  }
}

const marks = { ok: 'ok    ', note: 'note  ', failed: 'FAILED' } as const

function describe(checks: readonly Check[], failures: number): string {
  const lines = checks.map(({ name, state, text, remedy }) => {
    const advice = remedy === undefined ? '' : `\n          → ${remedy}`
    return `${marks[state]}  ${name}: ${text}${advice}`
  })
  const verdict = failures === 0 ? 'Nothing is wrong.' : `${failures} of ${checks.length} checks failed.`
  return `${lines.join('\n')}\n\n${verdict}\n`
}
