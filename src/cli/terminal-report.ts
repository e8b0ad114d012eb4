import { isCi } from '../core/config-check.ts'
import { plainLines, type Report } from '../core/report.ts'

const eraseLine = '\r\u001b[K'

/** On a terminal, one line that says what is going on and is replaced by what came of it; elsewhere plain lines. */
export function terminalReport(): Report {
  if (!isTerminal()) return plainLines
  return (event) => {
    clearProgress()
    if (event.kind === 'progress') process.stderr.write(`isolane ${event.subject}: ${event.text} …`)
    else plainLines(event)
  }
}

/** Before anything else is written to the terminal. */
export function clearProgress(): void {
  if (isTerminal()) process.stderr.write(eraseLine)
}

function isTerminal(): boolean {
  return process.stderr.isTTY && !isCi()
}
