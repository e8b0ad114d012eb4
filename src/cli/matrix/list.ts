import { table } from '../../core/table.ts'
import { type Combination, combinationEnvironment } from '../../matrix/combination.ts'
import { write } from '../write.ts'

/** For people, or as an array that a CI system makes jobs of. */
export function listCombinations(combinations: readonly Combination[], json: string | true | undefined): void {
  if (json === undefined) {
    const rows = combinations.map((combination) => [
      combination.name,
      combinationEnvironment(combination).ISOLANE_VERSIONS ?? '',
    ])
    process.stdout.write(`${table(['combination', 'ISOLANE_VERSIONS'], rows)}\n`)
    return
  }
  const jobs = combinations.map((combination) => ({ ...combination, environment: combinationEnvironment(combination) }))
  // In one line, as outputs of CI jobs have to be.
  write('--json', json, JSON.stringify(jobs))
}
