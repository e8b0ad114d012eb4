import type { EnvironmentSupport } from '../../../core/contracts.ts'
import { foreign } from '../foreign/index.ts'
import { defaultVersion, is44, type Neo4jLane, type Neo4jOptions } from '../options.ts'
import { check } from './check.ts'
import { marks } from './marks.ts'

/** One process holds environments and test lanes: each is a DBMS of its own. */
export const environments: EnvironmentSupport<Neo4jOptions, Neo4jLane> = {
  apart: false,
  /** Within these, a newer version opens what an older one has written. */
  dataVersion: ({ version = defaultVersion }) => `Neo4j ${is44(version) ? '4.4' : version.split('.')[0]}`,
  check,
  marks,
  foreign,
}
