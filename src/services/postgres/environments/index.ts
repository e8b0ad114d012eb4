import type { EnvironmentSupport } from '../../../core/contracts.ts'
import { defaultVersion, type PostgresLane, type PostgresOptions } from '../options.ts'
import { check } from './check.ts'
import { foreign } from './foreign.ts'
import { marks } from './marks.ts'

export const environments: EnvironmentSupport<PostgresOptions, PostgresLane> = {
  // Whether a write waits for the disk is decided for a whole server.
  apart: true,
  dataVersion: ({ version = defaultVersion }) => `PostgreSQL ${version}`,
  check,
  marks,
  foreign,
}
