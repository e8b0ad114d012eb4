import type { SavedState } from '../../core/contracts.ts'
import { logged } from '../acts.ts'
import { unpackTemplate, verifyArchive } from './archive.ts'
import type { ExportedTemplate } from './manifest.ts'
import type { TemplatePlan } from './plan.ts'
import { refused } from './refused.ts'

/**
 * Puts the templates of a file where the next run looks for them. All is verified before anything is written, and each
 * template is there as a whole or not at all, also when this process is killed.
 * @returns by service; `false`: the same was here already, and stays
 * @throws ISOLANE_TEMPLATE_REFUSED when the file is damaged or not ours, or a template in it is not what this config asks
 *   for; ISOLANE_CACHE_NOT_WRITABLE, ISOLANE_DISK_FULL
 */
export function importTemplates(plan: TemplatePlan, file: string): Promise<Readonly<Record<string, boolean>>> {
  return logged('template import', plan.key, () => importAll(plan, file))
}

async function importAll(plan: TemplatePlan, file: string): Promise<Readonly<Record<string, boolean>>> {
  const manifest = await verifyArchive(file)
  const states = new Map<string, SavedState>()
  for (const { name, saved } of plan.travelling) states.set(name, await saved())
  const problems = Object.entries(manifest.services).flatMap(([name, template]) =>
    misfits(name, template, plan, states.get(name)),
  )
  if (problems.length > 0) throw misfit(file, problems)
  const services: Record<string, boolean> = {}
  for (const [name, template] of Object.entries(manifest.services)) {
    const state = states.get(name)
    services[name] =
      state !== undefined &&
      state.folder === undefined &&
      (await state.adopt((folder) => unpackTemplate(file, name, template, folder)))
  }
  return services
}

function misfits(
  name: string,
  template: ExportedTemplate,
  plan: TemplatePlan,
  state: SavedState | undefined,
): string[] {
  const service = plan.travelling.find((each) => each.name === name)
  if (!service || !state) {
    const reason = plan.staying.find((each) => each.name === name)?.reason
    return [`${name}: ${reason ?? 'the config has no such service'}`]
  }
  if (service.kind !== template.kind)
    return [`${name} was made of the kind ${template.kind}, and is ${service.kind} here`]
  const labels = [...new Set([...Object.keys(template.fits), ...Object.keys(state.fits)])]
  const others = labels.filter((label) => template.fits[label] !== state.fits[label])
  if (others.length > 0) {
    return others.map(
      (label) =>
        `${name} was made with the ${label} ${template.fits[label] ?? '-'}, and here it is ${state.fits[label] ?? '-'}`,
    )
  }
  return service.fingerprint === template.fingerprint
    ? []
    : [`${name} was made from other migrations, seeds or options`]
}

function misfit(file: string, problems: readonly string[]): Error {
  const remedy = 'export it again from the same sources on the same kind of machine; nothing was changed'
  return refused(`${file} does not fit this stack: ${problems.join('; ')}`, remedy)
}
