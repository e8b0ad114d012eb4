import { readFile } from 'node:fs/promises'
import { diffLines } from 'diff'
import type { ResolvedConfig } from '../core/config.ts'
import type { QuerySession } from '../core/contracts.ts'
import { messageOf } from '../core/errors.ts'
import type { Lane } from '../core/lane.ts'
import { unlessAborted } from '../core/unless-aborted.ts'
import type { NamedFile } from './named-files.ts'
import type { QueryComparison, QueryRun } from './rehearsal.ts'

/** How often each side runs a query; the first time does not count. */
const rounds = 7
/** Milliseconds after which a slow query is not run again. */
const patience = 10_000

/** A file with its statements. */
export interface QueryFile extends NamedFile {
  readonly statements: readonly string[]
}

/** Before anything starts. @throws ISOLANE_OPTION_INVALID for files with anything but queries */
export async function readQueries(
  { services }: ResolvedConfig,
  files: readonly NamedFile[],
): Promise<readonly QueryFile[]> {
  return Promise.all(
    files.map(async (file) => {
      const text = await readFile(file.path, 'utf8')
      return { ...file, statements: services[file.service]?.service.queries?.split(text) ?? [] }
    }),
  )
}

export interface QueriesOptions {
  readonly config: ResolvedConfig
  readonly files: readonly QueryFile[]
  readonly before: Lane
  readonly after: Lane
  readonly signal: AbortSignal
}

/** Plans and times of queries on two lanes, by service. What they change is undone. */
export async function compareQueries(
  options: QueriesOptions,
): Promise<Readonly<Record<string, readonly QueryComparison[]>>> {
  const compared: Record<string, QueryComparison[]> = {}
  for (const file of options.files) {
    const comparisons = await compareFile(options, file)
    compared[file.service] = [...(compared[file.service] ?? []), ...comparisons]
  }
  return compared
}

async function compareFile(
  { config, before, after, signal }: QueriesOptions,
  { service, path, statements }: QueryFile,
): Promise<readonly QueryComparison[]> {
  const { queries } = config.services[service]?.service ?? {}
  const [left, right] = [before.endpoints[service], after.endpoints[service]]
  if (!queries || !left || !right) throw new Error(`${service} has no queries, which was checked before`)
  await using old = await queries.open(left)
  await using current = await queries.open(right)
  const comparisons: QueryComparison[] = []
  for (const statement of statements) {
    const comparison = await unlessAborted(signal, compareStatement(old, current, statement, signal))
    comparisons.push({ file: path, statement, ...comparison })
  }
  return comparisons
}

type Comparison = Omit<QueryComparison, 'file' | 'statement'>

async function compareStatement(
  before: QuerySession,
  after: QuerySession,
  statement: string,
  signal: AbortSignal,
): Promise<Comparison> {
  const [left, right] = [await sideOf(before, statement), await sideOf(after, statement)]
  if ('failure' in left || 'failure' in right) {
    return { before: outcomeOf(left), after: outcomeOf(right), planDifference: [] }
  }
  const [was, is] = await medians(before, after, statement, signal)
  const planDifference = left.plan === right.plan ? [] : differenceOf(left.plan, right.plan)
  return {
    before: { milliseconds: was },
    after: { milliseconds: is },
    ...(was > 0 ? { factor: is / was } : {}),
    planDifference,
  }
}

type Side = { readonly plan: string; readonly milliseconds: number } | { readonly failure: string }

/** Its plan, and a first run, which fills caches. */
async function sideOf(session: QuerySession, statement: string): Promise<Side> {
  try {
    return { plan: await session.plan(statement), milliseconds: await session.time(statement) }
  } catch (error) {
    return { failure: messageOf(error) }
  }
}

function outcomeOf(side: Side): QueryRun {
  return 'failure' in side ? side : { milliseconds: side.milliseconds }
}

/** In turn, so that what slows the machine down for a moment slows both. */
async function medians(
  before: QuerySession,
  after: QuerySession,
  statement: string,
  signal: AbortSignal,
): Promise<readonly [number, number]> {
  const [was, is]: [number[], number[]] = [[], []]
  const until = performance.now() + patience
  for (let round = 0; round < rounds && (round === 0 || performance.now() < until); round += 1) {
    signal.throwIfAborted()
    was.push(await before.time(statement))
    is.push(await after.time(statement))
  }
  return [median(was), median(is)]
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[sorted.length >> 1] ?? 0
}

/** The lines that differ, and no others. */
function differenceOf(before: string, after: string): readonly string[] {
  return diffLines(`${before}\n`, `${after}\n`)
    .filter(({ added, removed }) => added || removed)
    .flatMap(({ value, added }) =>
      value
        .trimEnd()
        .split('\n')
        .map((line) => `${added ? '+' : '-'} ${line}`),
    )
}
