import type { LaneSource } from './held-lane.ts'

/** Says to the processes of a run where its lanes are leased. Its token opens only a socket that none but our user reaches. */
const variable = 'ISOLANE_STACK'

/** @param id tells the stacks of one run apart where it has several. */
export function sourceVariable(source: LaneSource, id = ''): Record<string, string> {
  return { [variable + id]: JSON.stringify(source) }
}

/** The variables by which this process was told of stacks. */
export function sourceNames(environment: NodeJS.ProcessEnv = process.env): readonly string[] {
  return Object.keys(environment).filter((name) => name.startsWith(variable))
}

/** Where this process is to lease its lanes, if its parent said so. */
export function sourceFromEnvironment(id = '', environment: NodeJS.ProcessEnv = process.env): LaneSource | undefined {
  const text = environment[variable + id]
  return text ? (JSON.parse(text) as LaneSource) : undefined
}
