import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { confirmAct } from '../../src/environments/confirm.ts'
import { freshMilliseconds, judge, kindOf, type Wish } from '../../src/environments/policy.ts'
import { acts, environments, page, withTable } from './policy-table.ts'

const typedTexts = [
  undefined,
  '',
  'yes',
  'dev',
  'staging',
  'DELETE DEV DATA',
  'DELETE TEST DATA',
  'DELETE STAGING DATA',
]
const ages = [undefined, -1, 0, freshMilliseconds - 1, freshMilliseconds]

const wishes: readonly Wish[] = acts.flatMap((act) =>
  environments.flatMap((environment) =>
    [true, false].flatMap((terminal) =>
      [true, false].flatMap((yes) =>
        typedTexts.flatMap((typed) =>
          ages.map((snapshotAge) => ({
            act,
            environment,
            terminal,
            yes,
            ...(typed === undefined ? {} : { typed }),
            ...(snapshotAge === undefined ? {} : { snapshotAge }),
          })),
        ),
      ),
    ),
  ),
)

/** The rules again, as the sentences of the docs have them, each act on its own. */
function isAllowed({ act, environment, terminal, yes, typed, snapshotAge }: Wish): boolean {
  const { name } = environment
  const fresh = snapshotAge === 0 || snapshotAge === freshMilliseconds - 1
  if (name === 'production') return false
  if (act === 'reset') return name === 'test'
  if (act === 'import' && name === 'staging') return false
  if (name === 'staging') return terminal && typed === 'staging' && (act === 'undo' || fresh)
  if (act === 'wipe' || act === 'remove') return terminal ? typed === `DELETE ${name.toUpperCase()} DATA` : yes
  return yes || (terminal && typed === 'yes')
}

test('of every act in every environment, it is allowed what is to be, and nothing else', () => {
  const wrong = wishes.filter((wish) => (judge(wish).is === 'allowed') !== isAllowed(wish))
  expect(wrong).toEqual([])
  expect(wishes).toHaveLength(6 * 4 * 2 * 2 * 8 * 5)
})

test('what asks is allowed once just that is typed, asks on a terminal only, and a refusal says what to do', () => {
  for (const wish of wishes) {
    const verdict = judge(wish)
    if (verdict.is === 'asks') {
      expect(wish).toMatchObject({ terminal: true })
      expect(wish.typed).toBeUndefined()
      expect(judge({ ...wish, typed: verdict.words })).toEqual({ is: 'allowed' })
    }
    if (verdict.is === 'refused') expect([verdict.why, verdict.remedy].every(Boolean)).toBe(true)
  }
})

test('docs/environments-safety.md has the table as it is', () => {
  const text = readFileSync(page, 'utf8')
  expect(withTable(text), 'run: node test/environments/policy-table.ts').toBe(text)
})

test('`prod` is production too, and protection goes before lanes', () => {
  expect(kindOf({ name: 'prod', lanes: true, protected: false })).toBe('production')
  expect(kindOf({ name: 'qa', lanes: true, protected: true })).toBe('protected')
  expect(kindOf({ name: 'products', lanes: false, protected: false })).toBe('ordinary')
})

test('nothing is asked where nothing can be allowed', async () => {
  const [dev, , staging] = environments
  if (!dev || !staging) throw new Error('no environments')
  const wish = { act: 'wipe', environment: dev, terminal: true, yes: false } as const
  const asked: string[] = []
  const answer = (text: string | undefined) => async (words: string) => {
    asked.push(words)
    return text
  }
  expect(await confirmAct(wish, answer('DELETE DEV DATA'))).toBeUndefined()
  expect(await confirmAct(wish, answer('delete dev data'))).toBe('that was not "DELETE DEV DATA"; type exactly that')
  expect(await confirmAct(wish, answer(undefined))).toBe('you left')
  expect(asked).toEqual(['DELETE DEV DATA', 'DELETE DEV DATA', 'DELETE DEV DATA'])
  await expect(confirmAct({ ...wish, environment: staging }, answer('staging'))).rejects.toMatchObject({
    code: 'ISOLANE_ENVIRONMENT_PROTECTED',
    message:
      'Nothing was changed, as staging is protected, and no whole snapshot of it is younger than an hour and good: make one: isolane snapshot staging [ISOLANE_ENVIRONMENT_PROTECTED]',
  })
  expect(await confirmAct({ ...wish, terminal: false }, answer('x'))).toContain('`--yes` does it without asking')
  expect(asked).toHaveLength(3)
  const verdict = judge({ ...wish, environment: staging, snapshotAge: 1 })
  expect(verdict).toEqual({ is: 'asks', words: 'staging' })
})
