import type { Edit } from './edit.ts'
import { addLast, indentUnit, property, remove } from './objects.ts'
import type { RunnerName } from './runner.ts'
import { calledScript, core, isChain, segments } from './scripts.ts'
import { withoutSerialFlags } from './serial-flags.ts'
import { asObject, type Expression, endOf, type ObjectNode, Source, startOf } from './source.ts'

export interface ScriptChanges {
  readonly runners: readonly RunnerName[]
  /** Commands that the template makes needless. */
  readonly replaces: RegExp | undefined
}

const added: Readonly<Record<string, string>> = { 'isolane:up': 'isolane up', 'isolane:down': 'isolane down' }

/** Changes the scripts of a `package.json`: no more one by one, no more migrations, `isolane:up` and `isolane:down`. */
export function editScripts(text: string, { runners, replaces }: ScriptChanges): Edit {
  const source = new Source(text, true)
  const notes: string[] = []
  const before = scriptsOf(source)
  for (const [name, script] of Object.entries(before)) {
    const parallel = runners.reduce(withoutSerialFlags, script)
    const after = replaces && isTest(name) ? withoutMigrations(name, parallel, before, replaces) : parallel
    if (after === '') removeScript(source, name)
    else if (after !== script) setScript(source, name, after)
    if (isTest(name)) notes.push(...remaining(name, after, before, replaces))
  }
  for (const [name, script] of Object.entries(added)) {
    if (!(name in before)) addScript(source, `${JSON.stringify(name)}: ${JSON.stringify(script)}`)
  }
  return { text: source.text, notes }
}

function isTest(name: string): boolean {
  return /^(pre)?test(:|$)/.test(name)
}

function withoutMigrations(
  name: string,
  script: string,
  scripts: Readonly<Record<string, string>>,
  replaces: RegExp,
): string {
  if (!isChain(script)) return script
  const parts = segments(script)
  const kept = parts.filter((segment) => !migrates(segment, scripts, replaces))
  // What only migrates may be somebody's command, unless npm alone runs it, before the tests.
  if (kept.length === 0 && !name.startsWith('pre')) return script
  return kept.length === parts.length ? script : kept.join(' && ')
}

/** Whether a command does nothing but migrate, itself or as another script. */
function migrates(segment: string, scripts: Readonly<Record<string, string>>, replaces: RegExp): boolean {
  const called = scripts[calledScript(segment) ?? '']
  if (called === undefined) return replaces.test(core(segment))
  return isChain(called) && segments(called).every((part) => replaces.test(core(part)))
}

function remaining(
  name: string,
  script: string,
  scripts: Readonly<Record<string, string>>,
  replaces: RegExp | undefined,
): string[] {
  const parts = segments(script).map((segment) => core(scripts[calledScript(segment) ?? ''] ?? segment))
  const containers = parts.some((part) => /^docker[ -]compose\b.*\b(up|start)\b/.test(part))
  const migrations = replaces && parts.some((part) => /^(prisma (migrate|db) |drizzle-kit |knex )/.test(part))
  const isSerial =
    /\s(--runInBand|-i|--no-file-parallelism)\b/.test(withoutTexts(script)) && !script.includes('--inspect')
  return [
    ...(containers ? [`the script "${name}" starts containers; Isolane's servers do without them`] : []),
    ...(migrations ? [`the script "${name}" still migrates a database; the tests no longer need it`] : []),
    ...(isSerial ? [`the script "${name}" still asks for one test file at a time`] : []),
  ]
}

/** A script without what it quotes, unless that is a command with a runner. */
function withoutTexts(script: string): string {
  return script.replace(/"[^"]*"|'[^']*'/g, (text) => (/\b(jest|vitest)\b/.test(text) ? text : ''))
}

function scriptsOf(source: Source): Record<string, string> {
  return (JSON.parse(source.text) as { scripts?: Record<string, string> }).scripts ?? {}
}

function scriptsNode(source: Source): ObjectNode | undefined {
  return asObject(property(source.json(), 'scripts')?.value as Expression | undefined)
}

function setScript(source: Source, name: string, script: string): void {
  const value = property(scriptsNode(source), name)?.value
  if (value) source.splice(startOf(value), endOf(value), JSON.stringify(script))
}

function removeScript(source: Source, name: string): void {
  const scripts = scriptsNode(source)
  const entry = property(scripts, name)
  if (scripts && entry) remove(source, scripts, entry)
}

function addScript(source: Source, text: string): void {
  const scripts = scriptsNode(source)
  const whole = source.json()
  const unit = indentUnit(source)
  if (scripts) addLast(source, scripts, text)
  else if (whole) addLast(source, whole, `"scripts": {\n${unit}${unit}${text}\n${unit}}`)
}
