/** The parts of the driver's `Plan` that tell how a query is run. */
export interface Plan {
  readonly operatorType: string
  readonly arguments: Readonly<Record<string, unknown>>
  readonly children: readonly Plan[]
}

/**
 * The tree of operators as lines, each indented below what it feeds. Without estimates, and without what is another for the
 * same plan: the database's name, the planner's version, numbers that operators and what they make have by their place.
 */
export function plainPlan(plan: Plan): string {
  return linesOf(plan, '').join('\n')
}

function linesOf({ operatorType, arguments: { Details: details }, children }: Plan, indent: string): string[] {
  const name = operatorType.replace(/@.*$/, '')
  const line = typeof details === 'string' && details ? `${name} ${plainDetails(details)}` : name
  return [indent + line, ...children.flatMap((child) => linesOf(child, `${indent}  `))]
}

/** What a query gives no name to is called `anon_3`. */
function plainDetails(details: string): string {
  return details
    .replaceAll(/\banon_\d+\b/g, 'anon')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
