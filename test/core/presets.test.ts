import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { presets } from '../../presets/index.ts'
import type { Preset, StackConfig } from '../../src/core/config.ts'
import { resolveConfig } from '../../src/core/config-check.ts'
import { withPresets } from '../../src/core/presets.ts'
import { redis } from '../../src/index.ts'

const services = { cache: redis(), queue: redis() }

/** What comes of presets and a config's own options. */
function merged(used: StackConfig['presets'], own: Omit<StackConfig, 'services' | 'presets'> = {}) {
  const { services: _, ...options } = withPresets({ ...own, services, ...(used ? { presets: used } : {}) }, presets)
  return options
}

function resolved(
  used: readonly (string | object)[] | undefined,
  environment: NodeJS.ProcessEnv = {},
  own: object = {},
) {
  const config = { ...own, services, presets: used } as StackConfig
  return resolveConfig(withPresets(config, presets), '/', environment)
}

describe('how presets merge', () => {
  test('without any the config stays as it is', () => {
    const config: StackConfig = { services, mode: 'isolated' }
    expect(withPresets(config, presets)).toEqual(config)
    expect(merged([], { mode: 'isolated' })).toEqual({ mode: 'isolated' })
  })

  test('names and objects give their options', () => {
    expect(merged(['native', { reset: 'test' }])).toEqual({ runtime: 'native', reset: 'test' })
  })

  test('later ones take precedence, option by option', () => {
    const used: readonly Preset[] = [
      { mode: 'isolated', lanes: 4, reset: 'never' },
      { mode: 'shared', reset: 'test' },
    ]
    expect(merged(used)).toEqual({ mode: 'shared', lanes: 4, reset: 'test' })
    expect(merged(used.toReversed())).toEqual({ mode: 'isolated', lanes: 4, reset: 'never' })
  })

  test("the config's own options take precedence over all of them", () => {
    expect(merged(['ci-parallel'], { mode: 'shared' })).toMatchObject({ mode: 'shared', leaseTimeout: 180_000 })
    expect(merged(['single-instance', 'ci-parallel'], { keep: 'failed' })).toMatchObject({ keep: 'failed' })
  })

  test('an option without a value says nothing', () => {
    const blank = { mode: undefined, runtime: undefined } as unknown as Preset
    expect(merged(['attach', blank])).toMatchObject({ runtime: 'attach', mode: 'shared' })
    expect(merged(['native'], blank as object)).toEqual({ runtime: 'native' })
  })

  test("services, their name and their variables stay the config's", () => {
    const env = () => ({ OWN: 'yes' })
    const config = withPresets({ services, name: 'shop', env, presets: ['native'] }, presets)
    expect(config).toEqual({ services, name: 'shop', env, runtime: 'native' })
  })
})

describe('how `runtime` merges', () => {
  test.each([
    {
      what: 'one for all replaces what stood before',
      used: [{ runtime: { cache: 'docker' } }, 'native'],
      is: 'native',
    },
    {
      what: 'one for some changes just those',
      used: ['native', { runtime: { cache: 'docker' } }],
      is: { default: 'native', cache: 'docker' },
    },
    {
      what: 'those for some add up',
      used: [{ runtime: { cache: 'docker' } }, { runtime: { cache: 'native', queue: 'attach' } }],
      is: { cache: 'native', queue: 'attach' },
    },
    {
      what: 'so does their default',
      used: ['native', { runtime: { default: 'docker' } }, { runtime: { queue: 'native' } }],
      is: { default: 'docker', queue: 'native' },
    },
  ] as const)('$what', ({ used, is }) => {
    expect(merged(used)).toEqual({ runtime: is })
  })

  test("the config's own comes last", () => {
    expect(merged(['native'], { runtime: { cache: 'docker' } })).toEqual({
      runtime: { default: 'native', cache: 'docker' },
    })
    expect(merged([{ runtime: { cache: 'docker' } }], { runtime: 'auto' })).toEqual({ runtime: 'auto' })
  })
})

test('environment variables take precedence over presets and config', () => {
  const environment = { ISOLANE_MODE: 'shared', ISOLANE_RUNTIME: 'docker', ISOLANE_LANES: '3' }
  expect(resolved(['ci-parallel', 'native', { lanes: 9 }], environment, { mode: 'isolated' })).toMatchObject({
    mode: 'shared',
    lanes: 3,
    runtime: { cache: 'docker', queue: 'docker' },
    leaseTimeout: 180_000,
  })
})

test.each([
  ['single-instance', { mode: 'shared', keep: 'stack', leaseTimeout: 60_000 }],
  ['ci-parallel', { mode: 'isolated', keep: 'nothing', leaseTimeout: 180_000 }],
  ['native', { mode: 'shared', runtime: { cache: 'native', queue: 'native' } }],
  ['attach', { mode: 'shared', keep: 'nothing', runtime: { cache: 'attach', queue: 'attach' } }],
  ['migration-matrix', { mode: 'shared', keep: 'nothing', leaseTimeout: 180_000 }],
])('%s is what it says', (name, options) => {
  expect(resolved([name])).toMatchObject(options)
})

test('presets that are only there sometimes (`process.env.CI ? […] : undefined`) are none', () => {
  expect(resolved(undefined)).toMatchObject({ mode: 'shared', keep: 'nothing', leaseTimeout: 60_000 })
})

test('among the options that there are stand the presets', () => {
  expect(() => resolved([], {}, { nonsense: true })).toThrow(/the options are name, services, .*, presets \[/)
})

describe('refused, naming what is wrong', () => {
  test.each([
    { used: ['ci-paralel'], says: 'there is no preset "ci-paralel"; did you mean "ci-parallel": choose from single-' },
    { used: ['toString'], says: 'there is no preset "toString": choose from single-instance, ci-parallel, native, ' },
    { used: 'native', says: "`presets` is no list: write `presets: ['native']`" },
    { used: [null], says: '`presets` holds something that is neither a name nor an object' },
    { used: [{ services: {} }], says: 'a preset may not hold `services`: say it in the config itself' },
    { used: [{ presets: ['native'] }], says: 'a preset may not hold `presets`' },
    { used: [{ mode: 'alone' }], says: 'option "mode" is invalid' },
    { used: [{ runtimes: 'native' }], says: 'unknown option "runtimes"; did you mean "runtime"' },
    { used: [{ runtime: { cash: 'native' } }], says: '`runtime` names cash, which is no service' },
  ])('$used', ({ used, says }) => {
    expect(() => resolved(used as string[])).toThrow(
      expect.objectContaining({ code: 'ISOLANE_OPTION_INVALID', message: expect.stringContaining(says) }),
    )
  })
})

test.each(Object.entries(presets))('docs/presets.md says what %s sets', (name, preset) => {
  const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'presets.md'), 'utf8')
  const [, cell] = new RegExp(`^\\| \`${name}\` \\| ([^|]*) \\|`, 'm').exec(page) ?? []
  const options = Object.entries(preset).map(([option, value]) =>
    typeof value === 'number' ? `\`${option}: ${value / 1000}_000\`` : `\`${option}: '${value}'\``,
  )
  expect(cell?.split(', ').sort()).toEqual(options.sort())
})
