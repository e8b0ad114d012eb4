/** Arguments with which suites on one shared database are kept from running in parallel. */
import type { RunnerName } from './runner.ts'
import { callOf, replaceUnquoted, segments } from './scripts.ts'

const value = (name: string, wanted: string) => new RegExp(`(?<=\\s)(${name})(=|\\s+)${wanted}(?=\\s|$)`, 'g')
const flag = (name: string, rest = '') => new RegExp(`(?<=\\s)(${name})${rest}(?=\\s|$)`, 'g')

const patterns: Readonly<Record<RunnerName, readonly RegExp[]>> = {
  jest: [flag('--runInBand|--run-in-band|-i', '(=true)?'), value('--maxWorkers|--max-workers|-w', '1')],
  vitest: [
    flag('--no-file-parallelism|--no-fileParallelism'),
    value('--fileParallelism|--file-parallelism', 'false'),
    value('--maxWorkers|--minWorkers|--max-workers|--min-workers', '1'),
    flag('--poolOptions\\.\\w+\\.(singleFork|singleThread)', '(=true)?'),
    value('--poolOptions\\.\\w+\\.(maxForks|minForks|maxThreads|minThreads)', '1'),
  ],
}

/** The script without them, where it calls that runner. */
export function withoutSerialFlags(script: string, runner: RunnerName): string {
  return segments(script).reduce((text, call) => text.replace(call, () => withoutFlags(call, runner)), script)
}

function withoutFlags(call: string, runner: RunnerName): string {
  const start = callOf(call, runner)
  // A debugger can follow only what runs in its own process.
  if (start === undefined || call.includes('--inspect')) return call
  // What stands before the runner's name is not for it.
  const rest = call.slice(start)
  const shorter = replaceUnquoted(rest, (part) => {
    const fewer = patterns[runner].reduce((text, pattern) => text.replace(pattern, ''), part)
    return fewer === part ? part : fewer.replace(/[ \t]{2,}/g, ' ')
  })
  return shorter === rest ? call : (call.slice(0, start) + shorter).trim()
}
