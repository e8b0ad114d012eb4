/** Jest configs that are JSON: a file, or `jest` in `package.json`. */
import type { Edit } from './edit.ts'
import { needsWrapping, withoutOneWorker } from './jest-config.ts'
import { addElement, addFirst, addLast, indentUnit, property, remove, stringAt, valueAt } from './objects.ts'
import { type ArrayNode, asObject, type Expression, endOf, type ObjectNode, Source, startOf } from './source.ts'

type Find = () => ObjectNode | undefined

/** @param inPackage the config is `jest` in this file, or is to be */
export function editJestJson(file: string, text: string, inPackage: boolean): Edit {
  try {
    return edit(file, new Source(text, true), inPackage)
  } catch (error) {
    if (error instanceof SyntaxError)
      return { text, notes: [], byHand: `${file} is no JSON: add \`"preset": "isolane"\`` }
    throw error
  }
}

function edit(file: string, source: Source, inPackage: boolean): Edit {
  const find: Find = () => (inPackage ? asObject(valueAt(source.json(), 'jest')) : source.json())
  const config = find()
  if (!config) return withNewConfig(source, inPackage, file)
  if (!isDone(source, config)) {
    if (!needsWrapping(config)) addFirst(source, config, '"preset": "isolane"')
    else if (!property(config, 'preset') || needsCode(config))
      return { text: source.text, notes: [], byHand: inCode(file) }
    else addEntries(source, find)
  }
  withoutOneWorker(source, find)
  return { text: source.text, notes: [] }
}

function withNewConfig(source: Source, inPackage: boolean, file: string): Edit {
  const whole = source.json()
  if (!inPackage || !whole || property(whole, 'jest')) return { text: source.text, notes: [], byHand: inCode(file) }
  const unit = indentUnit(source)
  addLast(source, whole, `"jest": {\n${unit}${unit}"preset": "isolane"\n${unit}}`)
  return { text: source.text, notes: [] }
}

function isDone(source: Source, config: ObjectNode): boolean {
  return stringAt(config, 'preset') === 'isolane' || source.of(config).includes('"isolane/jest/')
}

/** Jest runs one global set-up: two have to be put together by `withIsolane()`. */
function needsCode(config: ObjectNode): boolean {
  return ['globalSetup', 'globalTeardown', 'projects'].some((name) => property(config, name))
}

function inCode(file: string): string {
  return `${file}: it has a globalSetup, a globalTeardown or projects, which JSON can't combine with Isolane's. Make it a jest.config.mjs with \`import { withIsolane } from 'isolane/jest'\` and \`export default withIsolane({ … })\``
}

/** What the preset would bring, beside the preset that is there. */
function addEntries(source: Source, find: Find): void {
  const entries = [
    ['setupFilesAfterEnv', 'isolane/jest/each-test'],
    ['setupFiles', 'isolane/jest/lane'],
  ] as const
  for (const [name, file] of entries) {
    const config = find()
    const list = config && valueAt(config, name)
    if (list?.type === 'ArrayExpression') addElement(source, list as ArrayNode, `"${file}"`)
    else if (config) addAfterPreset(source, config, `"${name}": ["${file}"]`)
  }
  for (const name of ['globalTeardown', 'globalSetup']) {
    const config = find()
    if (config)
      addAfterPreset(source, config, `"${name}": "isolane/jest/${name === 'globalSetup' ? 'setup' : 'teardown'}"`)
  }
}

function addAfterPreset(source: Source, config: ObjectNode, text: string): void {
  const preset = property(config, 'preset')
  if (!preset) return
  const isTall = source.text.slice(startOf(config), startOf(preset)).includes('\n')
  source.splice(endOf(preset), endOf(preset), isTall ? `,\n${source.indent(startOf(preset))}${text}` : `, ${text}`)
}

/** `jest` of a `package.json`, as code of its own that `withIsolane()` wraps. */
export function jestConfigFromPackage(text: string): { readonly config: string; readonly rest: string } | undefined {
  const source = new Source(text, true)
  const whole = source.json()
  const jest = whole && property(whole, 'jest')
  const config = asObject(jest?.value as Expression | undefined)
  if (!whole || !jest || !config || isDone(source, config) || !needsCode(config)) return undefined
  const object = JSON.stringify(JSON.parse(source.of(jest.value)), null, 2).replace(
    /^(\s*)"([A-Za-z_]\w*)":/gm,
    '$1$2:',
  )
  remove(source, whole, jest)
  return {
    config: `import { withIsolane } from 'isolane/jest'\n\nexport default withIsolane(${object})\n`,
    rest: source.text,
  }
}
