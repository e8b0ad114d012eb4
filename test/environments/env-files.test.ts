import { execFileSync } from 'node:child_process'
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EnvironmentConfig } from '../../src/core/config.ts'
import { resolveConfig } from '../../src/core/config-check.ts'
import type { Lane } from '../../src/core/lane.ts'
import { mergeEnvFile } from '../../src/environments/env-files/merge.ts'
import { writeEnvFile } from '../../src/environments/env-files/write.ts'

describe('merging', () => {
  test('values are replaced in their places, and everything else stays', () => {
    const before = `# mine
export REDIS_URL = redis://old  # note
OTHER='kept'

PEM="-----
lines
-----"
NEO4J_PASSWORD="two
lines"
`
    expect(mergeEnvFile(before, { REDIS_URL: 'redis://new', NEO4J_PASSWORD: 'x', PGHOST: '127.0.0.1' })).toBe(`# mine
export REDIS_URL = redis://new
OTHER='kept'

PEM="-----
lines
-----"
NEO4J_PASSWORD=x

# Written by \`isolane env files\`; every other line is yours, and stays.
PGHOST=127.0.0.1
`)
  })

  test('doing it again changes nothing', () => {
    const once = mergeEnvFile('# a\n', { A: 'b c', D: "it's", E: `x:\${Y}@z` })
    expect(once).toContain(`A='b c'\nD="it's"\nE="x:\${Y}@z"\n`)
    expect(mergeEnvFile(once, { A: 'b c', D: "it's", E: `x:\${Y}@z` })).toBe(once)
    expect(mergeEnvFile(once, { F: '1' })).toBe(`${once}F=1\n`)
  })

  test('line ends of Windows stay', () => {
    expect(mergeEnvFile('A=1\r\nB=2\r\n', { A: '3' })).toContain('A=3\r\nB=2')
  })
})

describe('writing', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'isolane-env-files-'))
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  const lane: Lane = {
    id: { name: 'staging', number: 3 },
    kinds: {},
    endpoints: {
      db: {
        url: 'postgres://app:s3cret@h/db',
        version: '',
        password: 's3cret',
        readonlyUrl: 'postgres://ro:s3cret-too@h/db',
      },
      redis: { url: '', version: '', password: 'a b' },
    },
    env: {
      ENVIRONMENT: 'staging',
      DATABASE_URL: 'postgres://app:s3cret@h/db',
      DATABASE_URL_READONLY: 'postgres://ro:s3cret-too@h/db',
      REDIS_URL: 'redis://u:a%20b@h',
      REDIS_PASSWORD: 'a b',
    },
  }
  const write = (environment: EnvironmentConfig, of: Lane = lane, isProtected = environment.protected === true) => {
    const service = { kind: 'memory', env: () => ({}), nowhere: { url: '', version: '' } }
    const services = { db: { service, options: {} } as never }
    const config = resolveConfig({ services, environments: { staging: environment } }, root, {})
    return writeEnvFile(config, { name: 'staging', protected: isProtected }, of, '.env.staging')
  }
  const text = () => readFileSync(join(root, '.env.staging'), 'utf8')

  test('an ordinary environment has its passwords in it, for its user alone', async () => {
    expect(await write({})).toEqual({ file: '.env.staging', changed: true, ignored: false, needed: [] })
    expect(text()).toContain('DATABASE_URL=postgres://app:s3cret@h/db\n')
    expect(statSync(join(root, '.env.staging')).mode & 0o777).toBe(0o600)
    expect(await write({})).toMatchObject({ changed: false })
  })

  test('a protected one has none of its passwords in it', async () => {
    const { needed } = await write({ protected: true })
    expect(text()).not.toMatch(/s3cret|a b|a%20b/)
    expect(text()).toContain(`DATABASE_URL="postgres://app:\${STAGING_DB_PASSWORD}@h/db"`)
    expect(text()).toContain(`DATABASE_URL_READONLY="postgres://ro:\${STAGING_DB_READONLY_PASSWORD}@h/db"`)
    expect(needed).toEqual([
      'STAGING_DB_PASSWORD',
      'STAGING_DB_READONLY_PASSWORD',
      'STAGING_REDIS_PASSWORD_URL_ENCODED',
      'STAGING_REDIS_PASSWORD',
    ])
  })

  test('passwords are hidden where they stand, as they are written there, and the same text elsewhere stays', async () => {
    const password = 'p@ss:w/rd#1'
    const url = `postgres://app:${encodeURIComponent(password)}@h/db`
    const of: Lane = {
      ...lane,
      endpoints: {
        db: { url, version: '', password },
        redis: { url: 'redis://:staging@h', version: '', password: 'staging' },
      },
      env: {
        ENVIRONMENT: 'staging-1',
        DATABASE_URL: url,
        PGPASSWORD: password,
        DSN: `host=h password=${password} user=app`,
        REDIS_URL: 'redis://staging:staging@staging/0?name=staging',
      },
    }
    const needed = ['STAGING_REDIS_PASSWORD', 'STAGING_DB_PASSWORD_URL_ENCODED', 'STAGING_DB_PASSWORD']
    expect(new Set((await write({ protected: true }, of)).needed)).toEqual(new Set(needed))
    for (const line of [
      'ENVIRONMENT=staging-1',
      `DATABASE_URL="postgres://app:\${STAGING_DB_PASSWORD_URL_ENCODED}@h/db"`,
      `PGPASSWORD="\${STAGING_DB_PASSWORD}"`,
      `DSN="host=h password=\${STAGING_DB_PASSWORD} user=app"`,
      `REDIS_URL="redis://staging:\${STAGING_REDIS_PASSWORD}@staging/0?name=staging"`,
    ])
      expect(text().split('\n')).toContain(line)
  })

  test('a link stays one, and what a killed process left goes', async () => {
    mkdirSync(join(root, 'shared'))
    symlinkSync('shared/env', join(root, '.env.staging'))
    const left = ['.env.isolane-999999999.partial', `.env.isolane-${process.pid}.partial`]
    const others = [`.env.isolane-${process.ppid}.partial`, '.env.isolane-x.partial']
    for (const name of [...left, ...others]) writeFileSync(join(root, 'shared', name), '')
    await write({})
    expect(lstatSync(join(root, '.env.staging')).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(root, 'shared', 'env'), 'utf8')).toContain('s3cret')
    expect(await write({})).toMatchObject({ changed: false })
    for (const name of left) expect(existsSync(join(root, 'shared', name))).toBe(false)
    for (const name of others) expect(existsSync(join(root, 'shared', name))).toBe(true)
  })

  test('where the config says where the password comes from, that is referred to', async () => {
    const { needed } = await write({ password: { variable: 'STAGING_SECRET' } })
    expect(text()).toContain(`REDIS_PASSWORD="\${STAGING_SECRET}"`)
    expect(text()).not.toMatch(/s3cret/)
    expect(needed).toContain('STAGING_SECRET')
  })

  test('git takes no notice of it, and one that git has is refused', async () => {
    const git = (...rest: string[]) => execFileSync('git', rest, { cwd: root, encoding: 'utf8' })
    git('init', '--quiet')
    writeFileSync(join(root, '.gitignore'), 'node_modules')
    expect(await write({})).toMatchObject({ ignored: true })
    expect(readFileSync(join(root, '.gitignore'), 'utf8')).toBe('node_modules\n.env.staging\n.env.isolane-*.partial\n')
    expect(git('status', '--porcelain')).not.toContain('.env.staging')
    expect(await write({})).toMatchObject({ ignored: false })
    git('add', '--force', '.env.staging')
    await expect(write({})).rejects.toThrow(/under version control.*git rm --cached/)
  })
})
