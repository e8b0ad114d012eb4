import { describe, expect, test } from 'vitest'
import { attachSpec, formatUrl, parseUrl } from '../../../src/services/postgres/attached/url.ts'
import { postgres } from '../../../src/services/postgres/index.ts'
import { laneEndpoint } from '../../../src/services/postgres/lane.ts'

const odd = 'p@s:s/w?rd#%ä&=+"\'\\ $x'

describe('a URL', () => {
  test('is taken apart and put together with nothing lost', () => {
    const text = `postgresql://a%40b:${encodeURIComponent(odd)}@[2001:db8::1]:5433/x%20y%2Fz?sslmode=require&options=-c%20a%3Db`
    const server = parseUrl(text)
    expect(server).toEqual({
      host: '2001:db8::1',
      port: 5433,
      user: 'a@b',
      password: odd,
      database: 'x y/z',
      parameters: { sslmode: 'require', options: '-c a=b' },
    })
    expect(parseUrl(formatUrl(server))).toEqual(server)
  })

  test('of a lane carries the parameters of the server’s', () => {
    const parameters = { sslmode: 'verify-full', sslrootcert: '/a b/c.crt', options: '-c work_mem=4MB' }
    const lane = laneEndpoint(
      { host: 'h', port: 1, user: 'u', password: odd, version: '17', parameters, sslmode: 'verify-full' },
      'd',
    )
    expect(parseUrl(lane.url)).toMatchObject({ host: 'h', password: odd, database: 'd', parameters })
    expect(postgres().service.env(lane)).toMatchObject({
      PGSSLMODE: 'verify-full',
      PGSSLROOTCERT: '/a b/c.crt',
      PGOPTIONS: '-c work_mem=4MB',
    })
  })

  test.each([
    ['mysql://user:hidden@host/db', 'begins with postgres://'],
    ['user:hidden', 'begins with postgres://'],
    ['hidden', 'postgres://USER:PASSWORD@HOST:PORT/DATABASE'],
    ['postgres://u:hidden@/db?host=/var/run/postgresql', 'Expected a'],
    ['postgres://u:hidden@%2Fvar%2Frun/db', 'not over a local socket'],
    ['postgres://u:hidden@one/db?host=/tmp', 'not over a local socket'],
    ['postgres://u:hidden@one,two/db', 'Expected'],
    ['postgres://u:hid%den@one/db', '%25'],
    ['postgres://u@one/db?password=hidden', 'Expected "password" before the question mark'],
  ])('%s is refused, and not shown', (url, reason) => {
    expect(() => postgres({ url })).toThrow(/^postgres: option "url" is invalid: .*\[ISOLANE_OPTION_INVALID\]$/)
    expect(() => postgres({ url })).toThrow(reason)
    expect(() => postgres({ url })).not.toThrow('hid')
  })

  test('binds the service to the attach runtime', () => {
    expect(postgres({ url: 'postgres://h/d' }).runtime).toBe('attach')
    expect(postgres().runtime).toBeUndefined()
  })
})

describe('the environment', () => {
  const environment = {
    DATABASE_URL: 'postgres://a:b@one:1/first',
    PGHOST: 'two',
    PGPORT: '2',
    PGUSER: 'pg user',
    PGPASSWORD: odd,
    PGDATABASE: 'second',
    PGSSLMODE: 'require',
  }
  const { DATABASE_URL: _, ...variables } = environment

  test('names the server: the option first, then DATABASE_URL, then PGHOST', () => {
    expect(attachSpec({ url: 'postgres://x@three' }, environment)?.host).toBe('three')
    expect(attachSpec({}, environment)).toMatchObject({ host: 'one', ports: { postgres: 1 } })
    const spec = attachSpec({}, variables)
    expect(spec).toMatchObject({
      host: 'two',
      ports: { postgres: 2 },
      credentials: { username: 'pg user', password: odd },
    })
    expect(parseUrl(spec?.url ?? '')).toMatchObject({ database: 'second', parameters: { sslmode: 'require' } })
  })

  test('fills in what a URL leaves open', () => {
    expect(attachSpec({ url: 'postgres://x@three/d' }, environment)?.credentials).toEqual({
      username: 'x',
      password: odd,
    })
    expect(attachSpec({ url: 'postgres://x@three/d?sslmode=disable' }, environment)?.url).toContain('sslmode=disable')
  })

  test.each([{}, { PGUSER: 'x', PGPORT: '5432' }, { PGHOST: '/var/run/postgresql' }, { DATABASE_URL: 'mysql://x' }])(
    '%j names none',
    (none) => {
      expect(attachSpec({}, none)).toBeUndefined()
    },
  )
})
