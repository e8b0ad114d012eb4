import type { Sight } from './look.ts'
import type { Recognised, StepPlan } from './migrations/step.ts'
import type { Choice } from './plan.ts'
import type { ProjectFiles } from './project-files.ts'
import { type ServiceKind, serviceKinds } from './services.ts'

/** What is done when nobody is asked. */
export function defaultChoice({ found, migrations }: Sight): Choice {
  const services = found.services.map(({ kind }) => kind)
  return { services, postgres: services.includes('postgres') ? (migrations ?? {}) : {} }
}

/** @returns `undefined` when the user has had enough */
export async function askForChoice(files: ProjectFiles, sight: Sight): Promise<Choice | undefined> {
  const { isCancel, multiselect, text } = await import('@clack/prompts')
  const usual = defaultChoice(sight)
  const services = await multiselect<ServiceKind>({
    message: 'Which services do the tests use?',
    options: serviceKinds.map((kind) => {
      const hint = sight.found.services.find((service) => service.kind === kind)?.evidence
      return { value: kind, label: kind, ...(hint ? { hint } : {}) }
    }),
    initialValues: [...usual.services],
    required: true,
  })
  if (isCancel(services)) return undefined
  if (!services.includes('postgres')) return { services, postgres: {} }
  const recognised = sight.migrations ?? { tool: '' }
  const answer = await text({
    message: 'What makes the Postgres schema? A folder of SQL files, or a command; nothing for neither.',
    initialValue: recognised.migrations ? shown(recognised.migrations) : '',
    validate: (text) => objection(files, text?.trim() ?? ''),
  })
  if (isCancel(answer)) return undefined
  return { services, postgres: postgresChoice(files, recognised, answer?.trim() ?? '') }
}

export async function askToWrite(count: number): Promise<boolean> {
  const { confirm } = await import('@clack/prompts')
  return (await confirm({ message: `Write ${count === 1 ? 'this file' : `these ${count} files`}?` })) === true
}

function shown(step: StepPlan): string {
  return 'path' in step ? step.path : step.command
}

/** One word that is not there is a folder that is yet to be made, rather than a command. */
function objection(files: ProjectFiles, answer: string): string | undefined {
  if (answer === '' || /\s/.test(answer) || files.has(answer) || files.hasFolder(answer)) return undefined
  return `There is no ${answer} here. Make the folder first, or leave this empty and set \`migrations\` later.`
}

function postgresChoice(files: ProjectFiles, recognised: Recognised, answer: string): Choice['postgres'] {
  if (recognised.migrations && answer === shown(recognised.migrations)) return recognised
  if (answer === '') return {}
  if (files.has(answer) || files.hasFolder(answer)) return { migrations: { path: answer } }
  // What decides the outcome of an unknown command is unknown too: it runs once in each run.
  return { migrations: { command: answer } }
}
