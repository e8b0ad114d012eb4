import { expect, test } from 'vitest'
import { installedSize } from '../../scripts/package/size.ts'
import { long } from '../long.ts'

const megabyte = 1_000_000

test.skipIf(long)(`an installation stays small${long}`, async () => {
  const { packed, unpacked, dependencies, total } = await installedSize()
  expect(packed).toBeLessThan(0.8 * megabyte)
  expect(unpacked).toBeLessThan(2.5 * megabyte)
  expect(dependencies.length).toBeLessThan(55)
  // Every dependency is there to be measured.
  for (const { name, size } of dependencies) expect(size, name).toBeGreaterThan(0)
  expect(total).toBeLessThan(18 * megabyte)
})
