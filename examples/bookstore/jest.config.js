/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  // Nothing here has to be compiled.
  transform: {},
  setupFilesAfterEnv: ['./tests/support/database.js'],
  // All files use one database, so one at a time.
  maxWorkers: 1,
}
