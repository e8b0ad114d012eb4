/** `preset: 'isolane'`. Jest puts a preset's set-up files before the user's own. */
import { globalSetup, globalTeardown, setupFile, setupFileAfterEnv } from './options.ts'

module.exports = {
  globalSetup,
  globalTeardown,
  setupFiles: [setupFile],
  setupFilesAfterEnv: [setupFileAfterEnv],
}
