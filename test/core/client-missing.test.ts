import { expect, test } from 'vitest'
import { clientNotLoaded } from '../../src/core/client-missing.ts'

/** As Node, Jest and Yarn report it. */
const missing = [
  {
    code: 'ERR_MODULE_NOT_FOUND',
    message: "Cannot find package 'pg' imported from /project/node_modules/isolane/a.js",
  },
  { code: 'MODULE_NOT_FOUND', message: "Cannot find module 'pg'\nRequire stack:\n- /project/a.js" },
  { code: 'MODULE_NOT_FOUND', message: "Cannot find module 'pg' from 'node_modules/isolane/dist/jest/test.cjs'" },
  {
    code: 'MODULE_NOT_FOUND',
    pnpCode: 'MISSING_PEER_DEPENDENCY',
    message: "isolane tried to access pg (a peer dependency) but it isn't provided by your application",
  },
  {
    code: 'UNDECLARED_DEPENDENCY',
    pnpCode: 'UNDECLARED_DEPENDENCY',
    message: "Your application tried to access pg, but it isn't declared in your dependencies",
  },
]

test.each(missing)('$message', ({ message, ...codes }) => {
  const error = clientNotLoaded('pg', 'PostgreSQL', Object.assign(new Error(message), codes))
  expect(error.message).toBe(
    'The package pg, with which Isolane talks to PostgreSQL, is not installed: run `npm install -D pg` [ISOLANE_CLIENT_MISSING]',
  )
})

/** Of a package that is there. */
const unusable = [
  {
    code: 'MODULE_NOT_FOUND',
    message: "Cannot find module 'pg-types'\nRequire stack:\n- /node_modules/pg/lib/index.js",
  },
  {
    code: 'MODULE_NOT_FOUND',
    pnpCode: 'UNDECLARED_DEPENDENCY',
    message: 'pg tried to access pg-native, but it is not',
  },
  { name: 'ReferenceError', message: 'TextEncoder is not defined' },
]

test.each(unusable)('$message', ({ message, ...rest }) => {
  const cause = Object.assign(new Error(message), rest)
  const error = clientNotLoaded('pg', 'PostgreSQL', cause)
  expect(error).toMatchObject({ code: 'ISOLANE_CLIENT_UNUSABLE', cause })
  expect(error.reason).toContain(message.split('\n')[0])
  expect(error.remedy.includes('@jest-environment node')).toBe('name' in rest)
})
