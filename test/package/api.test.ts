import { expect, test } from 'vitest'
import { apiChanges } from '../../scripts/package/accepted-api.ts'
import { apiReports } from '../../scripts/package/api-report.ts'

const reports = apiReports()

test('the public types are those that were accepted', () => {
  const changes = apiChanges(reports)
  if (changes) expect.fail(`The public types have changed. If they should, \`npm run api\` accepts this:\n\n${changes}`)
})

test('no public type gives up with `any`', () => {
  const lines = [...reports.values()].flatMap((text) => text.split('\n'))
  expect(lines.filter((line) => /\bany\b/.test(line))).toEqual([])
})
