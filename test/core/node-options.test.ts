import { expect, test } from 'vitest'
import { nodeOptionsForPrograms } from '../../src/core/node-options.ts'

test.each([
  ['', ''],
  ['--inspect-brk=9229 --import tsx --require ./hooks.cjs', ''],
  [
    '--inspect --require /home/me/.pnp.cjs --experimental-loader file:///home/me/.pnp.loader.mjs --max-old-space-size=4096',
    '--require /home/me/.pnp.cjs --experimental-loader file:///home/me/.pnp.loader.mjs',
  ],
  [
    '--require "/my work/.pnp.cjs" --loader=file:///my%20work/.pnp.loader.mjs --import tsx',
    '--require "/my work/.pnp.cjs" --loader=file:///my%20work/.pnp.loader.mjs',
  ],
])('of %j programs get %j', (given, kept) => {
  expect(nodeOptionsForPrograms(given)).toBe(kept)
})
