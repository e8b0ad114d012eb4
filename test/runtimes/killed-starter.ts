/** Starts a process that writes the file given, and is killed at the moment when it would register that process. */
import { writeSync } from 'node:fs'
import { Run } from '../../src/core/run.ts'
import { startChild } from '../../src/runtimes/native/child.ts'

const [runsFolder = '', file = ''] = process.argv.slice(2)
const run = new Run(runsFolder, process.cwd())
run.register = ({ identity }) => {
  writeSync(1, JSON.stringify(identity))
  process.kill(process.pid, 'SIGKILL')
  return { release: () => {}, update: () => {} }
}
startChild(
  {
    program: process.execPath,
    arguments: ['-e', "require('node:fs').writeFileSync(process.argv[1], '')", file],
    environment: {},
    folder: process.cwd(),
    user: undefined,
    output: 'pipe',
    input: 'ignore',
    what: 'writer',
    stopSignal: 'SIGTERM',
  },
  run,
)
