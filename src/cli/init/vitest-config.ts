import type { Edit } from './edit.ts'
import { addImport, type Exported, exported, objectBehind } from './exported.ts'
import { addElement, addFirst, isPlain, keyOf, objectAt, property, remove, valueAt } from './objects.ts'
import { type ArrayNode, asObject, type Expression, endOf, type ObjectNode, Source, startOf } from './source.ts'
import { withoutSerialOptions } from './vitest-serial.ts'

/** A config for a project that has none. */
export function newVitestConfig(): string {
  return `import { isolane } from 'isolane/vitest'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  plugins: [isolane()],
})
`
}

/**
 * Adds the plugin to a Vitest or Vite config, and takes out what lanes make needless or what is in their way.
 * @param variables what lanes set
 */
export function editVitestConfig(file: string, text: string, variables: readonly string[]): Edit {
  const byHand = `${file}: it could not be understood. Add \`import { isolane } from 'isolane/vitest'\`, list \`isolane()\` in \`plugins\`, and remove \`fileParallelism: false\` and the like`
  const source = new Source(text)
  try {
    const config = configOf(source)
    if (!config) return { text, notes: [], byHand }
    const notes: string[] = []
    const isDone = /['"]isolane\/vitest(\/setup)?['"]/.test(text)
    if (!isDone && !addPlugin(source, notes, file)) return { text, notes: [], byHand }
    testObjects(source).forEach((_, index) => {
      withoutSerialOptions(source, () => testObjects(source)[index])
      withoutVariables(source, variables, () => testObjects(source)[index])
    })
    if (testObjects(source).some(hidesVariables))
      notes.push(`${file}: \`test.env\` must not set DATABASE_URL or the like: it would take the lanes' place`)
    return { text: source.text, notes }
  } catch (error) {
    if (error instanceof SyntaxError) return { text, notes: [], byHand }
    throw error
  }
}

interface Config {
  readonly object: ObjectNode
  readonly form: Exported['form']
}

function configOf(source: Source): Config | undefined {
  const found = exported(source)
  const object = objectBehind(source, found?.expression)
  return found && object ? { object, form: found.form } : undefined
}

function rootTest(source: Source): ObjectNode | undefined {
  return objectAt(configOf(source)?.object, 'test')
}

/** The `test` of the config and of each project in it. */
function testObjects(source: Source): readonly (ObjectNode | undefined)[] {
  return [rootTest(source), ...inlineProjects(source).map((project) => objectAt(project, 'test'))]
}

function addPlugin(source: Source, notes: string[], file: string): boolean {
  const projects = inlineProjects(source)
  const elements = projectElements(source)
  const needsRoot = elements.length === 0 || projects.some(extendsRoot)
  const own = projects.flatMap((project, index) => (extendsRoot(project) ? [] : [index]))
  if (!needsRoot && own.length === 0) return false
  for (const index of own) addToPlugins(source, inlineProjects(source)[index])
  if (needsRoot) addToPlugins(source, configOf(source)?.object)
  addImport(source, 'isolane', 'isolane/vitest', configOf(source)?.form ?? 'esm')
  if (elements.length > 0) notes.push(`${file}: each project got the plugin; take it out of those that use no database`)
  if (elements.length > projects.length)
    notes.push(`${file}: projects with a config file of their own need the plugin there`)
  return true
}

function addToPlugins(source: Source, object: ObjectNode | undefined): void {
  if (!object) return
  const plugins = property(object, 'plugins')
  if (!plugins) {
    addFirst(source, object, 'plugins: [isolane()]')
  } else if (plugins.value.type === 'ArrayExpression') {
    addElement(source, plugins.value as ArrayNode, 'isolane()')
  } else {
    // Vite takes lists in lists.
    source.splice(startOf(plugins), endOf(plugins), `plugins: [isolane(), ${source.of(plugins.value)}]`)
  }
}

function projectElements(source: Source): readonly (Expression | null)[] {
  const projects = valueAt(rootTest(source), 'projects')
  return projects?.type === 'ArrayExpression' ? (projects.elements as readonly (Expression | null)[]) : []
}

function inlineProjects(source: Source): ObjectNode[] {
  return projectElements(source).flatMap((element) => asObject(element ?? undefined) ?? [])
}

/** Whether a project takes over the root's plugins. */
function extendsRoot(project: ObjectNode): boolean {
  const value = valueAt(project, 'extends')
  return value?.type === 'BooleanLiteral' && value.value
}

/** `test.env` has the last word, so a database named there would be everybody's. */
function withoutVariables(source: Source, variables: readonly string[], find: () => ObjectNode | undefined): void {
  for (;;) {
    const test = find()
    const env = objectAt(test, 'env')
    const entry = env?.properties.find((candidate) => sets(candidate, variables))
    if (!test || !env || entry?.type !== 'ObjectProperty') return
    const whole = property(test, 'env')
    if (env.properties.length === 1 && whole) remove(source, test, whole)
    else remove(source, env, entry)
  }
}

function sets(entry: ObjectNode['properties'][number], variables: readonly string[]): boolean {
  return entry.type === 'ObjectProperty' && variables.includes(keyOf(entry) ?? '')
}

/** Whether `test.env` may set more than can be seen. */
function hidesVariables(test: ObjectNode | undefined): boolean {
  const value = valueAt(test, 'env')
  return value !== undefined && !(value.type === 'ObjectExpression' && isPlain(value as ObjectNode))
}
