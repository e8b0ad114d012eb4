import { expect, test } from 'vitest'
import { compareVersions, fits, newestFitting } from '../../src/runtimes/native/engines/versions.ts'

test.each([
  ['17', '17.9', true],
  ['17', '17', true],
  ['17', '17.9.0-beta.17', true],
  ['1', '17.9', false],
  ['5.26', '5.26.16', true],
  ['5.2', '5.26.16', false],
])('%s accepts %s: %s', (wanted, version, expected) => {
  expect(fits(wanted, version)).toBe(expected)
})

test.each([
  ['17', ['17.9.0-beta.16', '17.10.0-beta.2', '17.10.0-beta.17', '18.0.0-beta.1'], '17.10.0-beta.17'],
  ['5.26', ['5.26.0-rc1', '5.26.0', '5.26.16', '5.27.0'], '5.26.16'],
  ['9.1', ['9.1.2', '9.1.2.post2', '9.1.10rc1'], '9.1.2.post2'],
  ['9.1.2', ['9.1.2', '9.1.2.post2'], '9.1.2'],
  ['2025', ['2025.08.0', '2025.11.2', '2026.01.0'], '2025.11.2'],
  ['4', ['5.0'], undefined],
])('the newest of %s in %j is %s', (wanted, versions, expected) => {
  expect(newestFitting(wanted, versions)).toBe(expected)
})

test('a prerelease comes before its release', () => {
  const sorted = ['1.0.0', '1.0.0-beta.2', '1.0.0-beta.10', '0.9'].sort(compareVersions)
  expect(sorted).toEqual(['0.9', '1.0.0-beta.2', '1.0.0-beta.10', '1.0.0'])
})
