import { styleText } from 'node:util'
import { createTwoFilesPatch, FILE_HEADERS_ONLY } from 'diff'
import type { Sight } from './look.ts'
import type { Change } from './project-files.ts'
import type { Told } from './runner-setup.ts'

/** The changes as a patch that `git apply` takes. */
export function patch(changes: readonly Change[]): string {
  return changes
    .map(({ name, before, after }) => {
      const [from, to] = [before === undefined ? '/dev/null' : `a/${name}`, `b/${name}`]
      return createTwoFilesPatch(from, to, before ?? '', after, undefined, undefined, {
        context: 3,
        headerOptions: FILE_HEADERS_ONLY,
      })
    })
    .join('')
}

/** For a terminal. */
export function coloured(text: string): string {
  const colours = { '+': 'green', '-': 'red', '@': 'cyan' } as const
  return text
    .split(/\r?\n/)
    .map((line) => {
      if (/^(---|\+\+\+) /.test(line)) return styleText('bold', line)
      const colour = colours[line[0] as keyof typeof colours]
      return colour ? styleText(colour, line) : line
    })
    .join('\n')
}

export function foundText({ runners, found, migrations }: Sight): string {
  const all = [
    ...runners.map(({ name, version }) => [name, version].filter(Boolean).join(' ')),
    ...found.services.map(({ kind, evidence }) => `${kind} (${evidence})`),
    ...(migrations ? [`migrations by ${migrations.tool}`] : []),
  ]
  return `Found: ${all.join('; ') || 'nothing'}\n`
}

export function toldText({ notes, byHand }: Told): string {
  return list('Worth knowing:', notes) + list('Left to you:', byHand)
}

function list(title: string, lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${title}\n${lines.map((line) => `  - ${line}\n`).join('')}`
}
