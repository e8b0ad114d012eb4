/** Isolane's two modes in Docker beside testcontainers as its documentation wires it. */
import { lackingForDocker } from '../test/docker.ts'
import { type Measured, measureContainers, measureLanes, middle } from './docker-measure.ts'
import { benchDockerReset } from './docker-reset.ts'
import { graph, relational, type Workload } from './docker-workloads.ts'
import type { Row } from './row.ts'
import { median } from './statistics.ts'

const workers = 4
const environments = 3
const rounds = 3

export async function benchDocker(): Promise<Row[]> {
  const lacking = await lackingForDocker('postgres:17', 'redis:7', 'neo4j:5.26')
  if (lacking) {
    console.log(`not measured${lacking}`)
    return []
  }
  // Everything is stopped below; the reaper is no part of what is measured.
  process.env.TESTCONTAINERS_RYUK_DISABLED = 'true'
  return [await benchDockerReset(), ...(await graphRows()), ...(await relationalRows()), await environmentsRow()]
}

async function graphRows(): Promise<Row[]> {
  const { shared, isolated, theirs } = await sideBySide(graph)
  const target = '≥ 2.5 × less'
  const what = `${workers} Neo4j lanes in one container, against ${workers} Neo4j containers`
  const rows = [
    { what: `${what}, from nothing to the last ready`, ...times(shared.milliseconds, theirs.milliseconds), unit: 'ms' },
    { what: `${what}, memory after use`, ...times(shared.megabytes, theirs.megabytes), unit: 'MB' },
  ].map((row) => ({ ...row, what: `${row.what} (theirs / ours)`, target, reached: row.ratio >= 2.5 }))
  return [...rows, ...figures(graph, 'isolated', isolated, theirs)]
}

function times(ours: number, theirs: number) {
  return { ours, theirs, ratio: theirs / ours }
}

async function relationalRows(): Promise<Row[]> {
  const { shared, isolated, theirs } = await sideBySide(relational)
  return [...figures(relational, 'shared', shared, theirs), ...figures(relational, 'isolated', isolated, theirs)]
}

/** What a mode costs, and what it saves; with no target of its own. Our data count, as they lie in memory. */
function figures({ what: kind }: Workload, mode: string, ours: Measured, theirs: Measured): Row[] {
  const what = `${kind} for ${workers} workers, ${mode} mode, against containers for each worker`
  const pair = (mine: number, other: number) => ({ ours: mine, theirs: other, ratio: mine / other })
  return [
    { what: `${what}, from nothing to the last ready`, ...pair(ours.milliseconds, theirs.milliseconds), unit: 'ms' },
    { what: `${what}, memory, their data on disk`, ...pair(ours.megabytes, theirs.megabytes), unit: 'MB' },
  ].map((row) => ({ ...row, target: 'none', reached: true }))
}

/** In turns, so that whatever else the machine does meets both. Isolated mode has no target, so one round tells enough. */
async function sideBySide(workload: Workload): Promise<Record<'shared' | 'isolated' | 'theirs', Measured>> {
  const shared: Measured[] = []
  const theirs: Measured[] = []
  for (let round = 0; round < rounds; round += 1) {
    theirs.push(await measureContainers(workload, workers))
    shared.push(await measureLanes(workload, 'shared', workers))
  }
  return { shared: middle(shared), isolated: await measureLanes(workload, 'isolated', workers), theirs: middle(theirs) }
}

async function environmentsRow(): Promise<Row> {
  const all: Workload = {
    ...relational,
    services: { ...relational.services, ...graph.services },
    use: async (lane) => {
      await relational.use(lane)
      await graph.use(lane)
    },
  }
  const one: number[] = []
  const apart: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    one.push((await measureLanes(all, 'shared', environments)).megabytes)
    let sum = 0
    for (let stack = 0; stack < environments; stack += 1) sum += (await measureLanes(all, 'shared', 1)).megabytes
    apart.push(sum)
  }
  const ratio = median(one) / median(apart)
  return {
    what: `${environments} environments (Postgres, Redis, Neo4j) in one stack, against ${environments} stacks, memory`,
    ours: median(one),
    theirs: median(apart),
    ratio,
    unit: 'MB',
    target: '≤ 0.45 ×',
    reached: ratio <= 0.45,
  }
}
