const subplan = /\b((?:InitPlan|SubPlan) \d+) \(returns ([^)]*)\)/g

/** Lines that some versions say of the same plan and others do not: 18 names windows, and what is switched off. */
const extra = /^\s*(?:Window|Disabled): /

/**
 * A plan as the newest version words it, as far as lines can tell. Before 17 what a subplan gives was a number of its own
 * (`$0`, of the `InitPlan 1 (returns $0)`), and is `(InitPlan 1).col1` since.
 */
export function plainPlan(lines: readonly string[]): string {
  const text = lines.filter((line) => !extra.test(line)).join('\n')
  const names = new Map<string, string>()
  for (const [, plan = '', returned = ''] of text.matchAll(subplan)) {
    for (const [index, parameter] of returned.split(',').entries()) names.set(parameter, `(${plan}).col${index + 1}`)
  }
  return text
    .replaceAll(subplan, (_all, plan: string) => plan)
    .replaceAll(/\$\d+/g, (parameter) => names.get(parameter) ?? parameter)
}
