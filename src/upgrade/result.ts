import type { Rehearsal, RehearsedUpgrade } from './rehearsal.ts'

/**
 * What a rehearsal comes to. Plans and times of queries, and whether migrations would make another schema from nothing, are
 * for people to judge, and decide nothing.
 */
export function resultOf({
  upgrades,
  failure,
  others,
  suite,
}: Pick<Rehearsal, 'upgrades' | 'failure' | 'others' | 'suite'>): Rehearsal['result'] {
  const suiteIsGreen = !suite || (suite.before.status === 'passed' && suite.after.status === 'passed')
  if (failure !== undefined || !suiteIsGreen || upgrades.some(hasFailed)) return 'failed'
  return others.length > 0 || upgrades.some(isDifferent) ? 'different' : 'same'
}

function hasFailed({ migrations, fresh, queries }: RehearsedUpgrade): boolean {
  const broken = queries.some(({ before, after }) => 'failure' in after && !('failure' in before))
  return migrations.failures.length > 0 || fresh?.failure !== undefined || broken
}

function isDifferent({ data }: RehearsedUpgrade): boolean {
  return data !== undefined && (data.schema === 'different' || data.changes.length > 0 || data.filesDiffer === true)
}
