import type { Edit } from './edit.ts'
import { addImport, exported, objectBehind } from './exported.ts'
import { addFirst, isPlain, property, remove, valueAt } from './objects.ts'
import { bare, type Expression, endOf, type ObjectNode, Source, startOf } from './source.ts'

/** Options of which there can be only one, ours or the user's: with them the config has to be wrapped. */
const single = ['preset', 'globalSetup', 'globalTeardown', 'projects']

export function presetByHand(name: string, why: string): string {
  return `${name}${why}. Set \`preset: 'isolane'\`, or, where there is a preset or a globalSetup already, export \`withIsolane(config)\` from 'isolane/jest'`
}

/** Makes a Jest config that is code use lanes, and takes out what lanes make needless. */
export function editJestConfig(file: string, text: string): Edit {
  const byHand = presetByHand(file, ': it could not be understood')
  const source = new Source(text)
  try {
    const found = exported(source)
    if (!found) return { text, notes: [], byHand }
    if (!isDone(source)) {
      if (found.changesLater) return { text, notes: [], byHand }
      const object = objectBehind(source, found.expression)
      if (object && isObjectOnly(source, found.expression) && isPlain(object) && !needsWrapping(object))
        addFirst(source, object, `preset: ${source.quoted('isolane')}`)
      else wrap(source)
    }
    const find = () => objectBehind(source, inside(exported(source)?.expression))
    withoutOneWorker(source, find)
    const notes = hasStrangers(find())
      ? [`${file}: projects with a config of their own need \`preset: 'isolane'\` there`]
      : []
    return { text: source.text, notes }
  } catch (error) {
    if (error instanceof SyntaxError) return { text, notes: [], byHand }
    throw error
  }
}

/** Whether Isolane is there already. */
function isDone(source: Source): boolean {
  if (/['"]isolane\/jest(\/\w+)?['"]/.test(source.text)) return true
  return /\bpreset['"]?\s*[:=]\s*['"]isolane['"]/.test(source.text)
}

export function needsWrapping(object: ObjectNode): boolean {
  return single.some((name) => property(object, name))
}

/** Whether projects are named whose configs stand elsewhere. */
function hasStrangers(object: ObjectNode | undefined): boolean {
  const projects = valueAt(object, 'projects')
  if (!projects) return false
  return (
    projects.type !== 'ArrayExpression' || projects.elements.some((element) => element?.type !== 'ObjectExpression')
  )
}

/** What a call such as `createJestConfig({ … })` makes of its object is not seen here. */
function isObjectOnly(source: Source, expression: Expression | undefined): boolean {
  const value = expression && bare(expression)
  if (value?.type !== 'CallExpression') return true
  return source.of(value.callee) === 'defineConfig'
}

function wrap(source: Source): void {
  const found = exported(source)
  if (!found) return
  const { span, form } = found
  source.splice(startOf(span), endOf(span), `withIsolane(${source.of(span)})`)
  addImport(source, 'withIsolane', 'isolane/jest', form)
}

/** The config that `withIsolane()` is given. */
function inside(expression: Expression | undefined): Expression | undefined {
  const value = expression && bare(expression)
  const isWrapped =
    value?.type === 'CallExpression' && value.callee.type === 'Identifier' && value.callee.name === 'withIsolane'
  return isWrapped ? (value.arguments[0] as Expression | undefined) : expression
}

export function withoutOneWorker(source: Source, find: () => ObjectNode | undefined): void {
  const object = find()
  const workers = valueAt(object, 'maxWorkers')
  const entry = object && property(object, 'maxWorkers')
  if (object && entry && workers && 'value' in workers && String(workers.value) === '1') remove(source, object, entry)
}
