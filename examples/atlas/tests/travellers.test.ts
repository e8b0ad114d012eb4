import { beforeEach, expect, test } from 'vitest'
import { rows } from '../src/rows.ts'
import { allTravellers, forget, register } from '../src/travellers.ts'
import { registerMany } from './support/travellers.ts'

beforeEach(() => rows().query('TRUNCATE travellers RESTART IDENTITY CASCADE'))

test('travellers are numbered from one on', async () => {
  await registerMany(600)
  const all = await allTravellers()
  expect(all.map(({ id }) => id)).toEqual(Array.from({ length: 600 }, (_, index) => index + 1))
})

test('one address, one traveller, however it is written', async () => {
  await register('Ida', 'ida@example.org')
  await expect(register('Ida again', 'IDA@example.org')).rejects.toThrow(/travellers_email/)
  expect(await allTravellers()).toHaveLength(1)
})

test('a forgotten traveller can come back, as someone else', async () => {
  const { id } = await register('Marco', 'marco@example.org')
  expect(await forget(id)).toBe(true)
  expect(await forget(id)).toBe(false)
  expect(await register('Marco', 'marco@example.org')).toMatchObject({ id: id + 1 })
  expect(await allTravellers()).toHaveLength(1)
})
