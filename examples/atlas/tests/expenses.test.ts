import { expect, test } from 'vitest'
import { number, rows } from '../src/rows.ts'
import { planTrip, spend, spentOn } from '../src/trips.ts'
import { registerMany } from './support/travellers.ts'

test('a trip knows what was spent, whatever happens to the receipts', async () => {
  await rows().query('TRUNCATE travellers RESTART IDENTITY CASCADE')
  const [traveller] = await registerMany(1)
  const trip = await planTrip({
    traveller: traveller?.id ?? 0,
    title: 'Alps',
    from: '2031-07-01',
    to: '2031-07-20',
    stops: ['FRA', 'CHE', 'AUT'],
  })
  let total = 0
  for (let amount = 1; amount <= 800; amount += 1) {
    await spend(trip, amount % 2 === 0 ? 'EUR' : 'CHF', amount)
    total += amount
  }
  expect(await spentOn(trip)).toBe(total)

  await rows().query('UPDATE expenses SET amount = amount * 2')
  expect(await spentOn(trip)).toBe(total * 2)

  await rows().query(`DELETE FROM expenses WHERE currency_code = 'CHF'`)
  expect(await spentOn(trip)).toBe(await number('SELECT sum(amount) FROM expenses'))
  expect(await number('SELECT count(*) FROM expenses')).toBe(400)
  await expect(spend(trip, 'EUR', -1)).rejects.toThrow(/check constraint/)
})
