import { join } from 'node:path'

/** The files that give a Jest project its lanes; this module is built into the folder they are in. */
export const globalSetup = join(__dirname, 'setup.js')
export const globalTeardown = join(__dirname, 'teardown.js')
export const setupFile = join(__dirname, 'lane.cjs')
export const setupFileAfterEnv = join(__dirname, 'each-test.cjs')
