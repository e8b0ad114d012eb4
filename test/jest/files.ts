/** Files that most of these tests' projects are made of. */

export { redisConfig, stackConfig, tellAndDirty } from '../vitest/files.ts'

/** A package whose `.js` files are CommonJS, as most that use Jest are. */
export const commonJs = { 'package.json': '{ "type": "commonjs" }\n' }

/** `jest.config.js` with the preset. */
export function presetConfig(settings = ''): string {
  return `module.exports = { preset: 'isolane', ${settings} }\n`
}

/** `jest.config.js` that is wrapped. */
export function wrappedConfig(settings = ''): string {
  return `
const { withIsolane } = require('isolane/jest')

module.exports = withIsolane({ ${settings} })
`
}

/** `redis.js`: a client made when it is imported, as users do, and ended with the test file. */
export const redisClient = `
const { Redis } = require('ioredis')

const redis = new Redis(process.env.REDIS_URL)
afterAll(() => redis.disconnect())
module.exports = { redis }
`

/** A test file with a Redis client and these tests. */
export function redisSpec(...tests: readonly string[]): string {
  return `
const { redis } = require('./redis.js')
${tests.join('')}`
}

/** What `tellAndDirty` said, sorted by test. */
export function told(output: string): string[] {
  return [...output.matchAll(/(\w+ found \d+ in lane-\d+)/g)].map(([, line = '']) => line).sort()
}
