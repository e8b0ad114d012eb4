import { describe } from 'vitest'

/** A suite that needs Neo4j, and shows up as skipped where there is none. */
export const describeGraph = describe.skipIf(!process.env.NEO4J_URI)
