/** The table of what is allowed, made of the policy itself. `node test/environments/policy-table.ts` writes it into docs/environments-safety.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type ActName, judge, type PolicyEnvironment, type Verdict, type Wish } from '../../src/environments/policy.ts'

export const page = join(import.meta.dirname, '..', '..', 'docs', 'environments-safety.md')

export const acts = ['wipe', 'reset', 'undo', 'restore', 'import', 'remove'] as const satisfies readonly ActName[]

export const environments: readonly PolicyEnvironment[] = [
  { name: 'dev', lanes: false, protected: false },
  { name: 'test', lanes: true, protected: false },
  { name: 'staging', lanes: false, protected: true },
  { name: 'production', lanes: false, protected: true },
]

const commands: Readonly<Record<Exclude<ActName, 'remove'>, string>> = {
  wipe: 'isolane wipe',
  reset: 'isolane reset',
  undo: 'isolane undo',
  restore: 'isolane snapshot restore NAME --into',
  import: 'isolane import sqlite FILE --replace --env',
}

const minute = 60_000

export function policyTable(): string {
  const head = [
    'command',
    'on a terminal',
    'there with `--yes`',
    'elsewhere',
    'elsewhere with `--yes`',
    'without a fresh snapshot',
  ]
  const rows = acts.flatMap((act) => environments.map((environment) => row(act, environment)))
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** The page with the table between its markers. */
export function withTable(text: string): string {
  const [begin, end] = ['<!-- policy -->', '<!-- /policy -->']
  const [before = '', rest = ''] = text.split(begin)
  return `${before}${begin}\n${policyTable()}\n${end}${rest.split(end)[1]}`
}

function row(act: ActName, environment: PolicyEnvironment): readonly string[] {
  const best: Wish = { act, environment, terminal: true, yes: false, snapshotAge: minute }
  const cell = (change: Partial<Wish>) => describe(judge({ ...best, ...change }))
  const { snapshotAge: _, ...unsaved } = best
  return [
    act === 'remove' ? `\`isolane down --data\`, of ${environment.name}` : `\`${commands[act]} ${environment.name}\``,
    cell({}),
    cell({ yes: true }),
    cell({ terminal: false }),
    cell({ terminal: false, yes: true }),
    describe(judge(unsaved)),
  ]
}

function describe(verdict: Verdict): string {
  if (verdict.is === 'allowed') return 'done'
  if (verdict.is === 'asks') return `asks for \`${verdict.words}\``
  return verdict.declined ? 'not done' : '**refused**'
}

if (import.meta.main) writeFileSync(page, withTable(readFileSync(page, 'utf8')))
