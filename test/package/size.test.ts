import { expect, test } from 'vitest'
import { installedSize } from '../../scripts/package/size.ts'

const megabyte = 1_000_000

test('an installation stays small', async () => {
  const { packed, unpacked, dependencies, total } = await installedSize()
  expect(packed).toBeLessThan(megabyte / 2)
  expect(unpacked).toBeLessThan(1.5 * megabyte)
  expect(dependencies.length).toBeLessThan(50)
  // Every dependency is there to be measured.
  for (const { name, size } of dependencies) expect(size, name).toBeGreaterThan(0)
  expect(total).toBeLessThan(16 * megabyte)
})
