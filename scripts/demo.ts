/**
 * `npm run demo`: runs the suite of examples/atlas, which empties and refills whole databases, in parallel workers with a
 * lane each; `npm run demo -- --no-lanes` runs the same suite on one shared database of each kind.
 */
import { announce } from './demo/announce.ts'
import { readArguments, usage } from './demo/arguments.ts'
import { buildIfStale } from './demo/build.ts'
import { findNeo4j } from './demo/neo4j.ts'
import { runWithLanes, runWithoutLanes } from './demo/suite.ts'
import { summariseLanes, summariseShared } from './demo/summary.ts'

const options = readArguments(process.argv.slice(2))
if (options === 'help') {
  console.log(usage)
} else if (options === undefined) {
  console.error(usage)
  process.exitCode = 2
} else if (!(await buildIfStale())) {
  console.error('The package could not be built, so there is nothing to show: see above.')
  process.exitCode = 1
} else {
  const neo4j = await findNeo4j()
  const firstTime = announce({ ...options, neo4j })
  if (options.lanes) {
    const outcome = await runWithLanes({ ...options, neo4j })
    console.log(summariseLanes(outcome, firstTime))
    process.exitCode = outcome.exitCode
  } else {
    const outcome = await runWithoutLanes({ ...options, neo4j })
    const { text, asExpected } = summariseShared(outcome, options.workers)
    console.log(text)
    process.exitCode = asExpected ? 0 : 1
  }
}
