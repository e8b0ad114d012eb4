import { describe, expect, test } from 'vitest'
import { resolveConfig } from '../../src/core/config-check.ts'
import type { Service, ServiceDefinition } from '../../src/core/contracts.ts'
import { IsolaneError } from '../../src/core/errors.ts'
import { parseVersions, servicesNamed, versionsOf, versionsText, withVersions } from '../../src/core/versions.ts'

interface Options {
  readonly version?: string
}

const versions: NonNullable<Service<Options>['versions']> = {
  of: ({ version = '2' }) => version,
  with: (options, version) => {
    if (version !== '9') return { ...options, version }
    throw new IsolaneError({
      code: 'ISOLANE_VERSION_UNSUPPORTED',
      message: 'there is no 9',
      remedy: 'take another',
    })
  },
  upgrade: () => [{ name: 'copying', warnings: [] }],
}

/** Only what has to do with versions is ever asked. */
function definition(kind: string, support = true): ServiceDefinition {
  const service = { kind, ...(support ? { versions } : {}) } as unknown as Service
  return { service, options: {} }
}

const config = resolveConfig(
  { services: { orders: definition('paper'), stock: definition('paper'), notes: definition('stone', false) } },
  '/project',
  {},
)

describe('versions as text', () => {
  test('are read as they are written', () => {
    const read = parseVersions(' orders=16, cache = valkey@9', 'ISOLANE_VERSIONS')
    expect(read).toEqual({ orders: '16', cache: 'valkey@9' })
    expect(parseVersions(versionsText(read), '')).toEqual(read)
  })

  test('are the same in whatever order they are given', () => {
    expect(versionsText({ orders: '16', cache: '9' })).toBe('cache=9,orders=16')
    const names = ['orders=16,stock=3', 'stock=3,orders=16'].map((text) =>
      withVersions(config, parseVersions(text, '')),
    )
    expect(names.map(({ name }) => name)).toEqual(['default-orders-16-stock-3', 'default-orders-16-stock-3'])
  })

  test('name each service once', () => {
    expect(() => parseVersions('orders=16,orders=17', 'ISOLANE_VERSIONS')).toThrow('names two versions of orders')
  })

  test.each(['', 'orders', 'orders=', '=16', 'orders=16=17', 'orders=16,'])('%j names none', (text) => {
    expect(() => parseVersions(text, 'ISOLANE_VERSIONS')).toThrow(/ISOLANE_VERSIONS: .* names no versions/)
  })
})

describe('a config with other versions', () => {
  test('is another stack, and the first stays as it is', () => {
    const other = withVersions(config, { orders: '16' })
    expect(versionsOf(other)).toEqual({ orders: '16', stock: '2' })
    expect(other.name).toBe('default-orders-16')
    expect(versionsOf(config)).toEqual({ orders: '2', stock: '2' })
  })

  test('a kind means all of its services', () => {
    expect(versionsOf(withVersions(config, { paper: '3' }))).toEqual({ orders: '3', stock: '3' })
    expect(servicesNamed(config, 'paper')).toEqual(['orders', 'stock'])
    for (const both of [
      { orders: '18', paper: '3' },
      { paper: '3', orders: '18' },
    ])
      expect(versionsOf(withVersions(config, both))).toEqual({ orders: '18', stock: '3' })
  })

  test('names stay short, and apart', () => {
    const long = (version: string) => withVersions({ ...config, name: 'a'.repeat(36) }, { orders: version }).name
    expect(long('16')).toHaveLength(40)
    expect(long('16')).not.toBe(long('17'))
  })

  test.each([
    [{ order: '1' }, /no service "order"; did you mean "orders"/],
    [{ notes: '1' }, /notes has no versions/],
    [{ orders: '9' }, /there is no 9/],
  ])('%j is refused', (wanted, message) => {
    expect(() => withVersions(config, wanted)).toThrow(message)
  })
})
