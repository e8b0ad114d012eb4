import { expect, test } from 'vitest'
import { followChanges } from '../src/changes.ts'
import { removeCountry, renameCountry } from '../src/countries.ts'
import { query, transaction } from '../src/rows.ts'

test('followers hear of every change once it is certain, and of nothing else', async () => {
  const heard: string[] = []
  const unfollow = await followChanges((change) => heard.push(change))
  const codes = (await query<{ code: string }>(`SELECT code FROM countries ORDER BY code LIMIT 240`)).map((c) => c.code)
  for (const code of codes) await renameCountry(code, `The Republic of ${code}`)
  for (const code of codes) await removeCountry(code)

  const undone = transaction(async (client) => {
    await client.query(`DELETE FROM countries WHERE region = 'Oceania'`)
    throw new Error('second thoughts')
  })
  await expect(undone).rejects.toThrow('second thoughts')
  await removeCountry('ZWE')

  await expect.poll(() => heard.at(-1), { timeout: 5_000 }).toBe('ZWE delete')
  expect(heard).toEqual([
    ...codes.map((code) => `${code} update`),
    ...codes.map((code) => `${code} delete`),
    'ZWE delete',
  ])
  await unfollow()
})
