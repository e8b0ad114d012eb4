import type { Edit } from './edit.ts'
import { addImport, exported, exportedObject, objectBehind } from './exported.ts'
import { addElement, addFirst, isPlain, isSpreadOver, keyOf, objectAt, property, remove, valueAt } from './objects.ts'
import { type ArrayNode, type Expression, endOf, type ObjectNode, Source, startOf } from './source.ts'
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

export function pluginByHand(name: string, why: string): string {
  return `${name}${why}. Add \`import { isolane } from 'isolane/vitest'\`, list \`isolane()\` in \`plugins\`, and remove \`fileParallelism: false\` and the like`
}

const notUnderstood = ': it could not be understood'

/**
 * Adds the plugin to a Vitest or Vite config, and takes out what lanes make needless or what is in their way.
 * @param variables what lanes set
 */
export function editVitestConfig(file: string, text: string, variables: readonly string[]): Edit {
  const source = new Source(text)
  try {
    const notes: string[] = []
    if (!/['"]isolane\/vitest(\/setup)?['"]/.test(text)) {
      const why = obstacle(source)
      if (why) return { text, notes, byHand: pluginByHand(file, why) }
      addPlugin(source, notes, file)
    }
    testObjects(source).forEach((_, index) => {
      withoutSerialOptions(source, () => testObjects(source)[index])
      withoutVariables(source, variables, () => testObjects(source)[index])
    })
    if (testObjects(source).some(hidesVariables))
      notes.push(`${file}: \`test.env\` must not set DATABASE_URL or the like: it would take the lanes' place`)
    return { text: source.text, notes }
  } catch (error) {
    if (error instanceof SyntaxError) return { text, notes: [], byHand: pluginByHand(file, notUnderstood) }
    throw error
  }
}

function rootTest(source: Source): ObjectNode | undefined {
  return objectAt(exportedObject(source), 'test')
}

/** The `test` of the config and of each project in it. */
function testObjects(source: Source): readonly (ObjectNode | undefined)[] {
  return [rootTest(source), ...inlineProjects(source).map((project) => objectAt(project, 'test'))]
}

/** Why the plugin can't be added with certainty. */
function obstacle(source: Source): string | undefined {
  if (!exportedObject(source)) return notUnderstood
  const projects = valueAt(rootTest(source), 'projects')
  if (projects && projects.type !== 'ArrayExpression')
    return ': its projects are not listed in it, and each needs the plugin'
  const targets = pluginTargets(source)
  if (targets.length === 0) return ': its projects have files of their own, and each needs the plugin'
  if (targets.some((target) => isSpreadOver(target, 'plugins')))
    return ': what is spread into it may replace its plugins, so `plugins: [isolane(), ...(SPREAD.plugins ?? [])]` has to stand behind that'
  return undefined
}

/** The root, unless no project takes its plugins over, and every project that doesn't. */
function pluginTargets(source: Source): ObjectNode[] {
  const projects = inlineProjects(source)
  const needsRoot = projectElements(source).length === 0 || projects.some(extendsRoot)
  const root = needsRoot ? exportedObject(source) : undefined
  return [...projects.filter((project) => !extendsRoot(project)), ...(root ? [root] : [])]
}

function addPlugin(source: Source, notes: string[], file: string): void {
  const count = pluginTargets(source).length
  for (let index = 0; index < count; index += 1) addToPlugins(source, pluginTargets(source)[index])
  addImport(source, 'isolane', 'isolane/vitest', exported(source)?.form ?? 'esm')
  const elements = projectElements(source)
  if (elements.length > 0) notes.push(`${file}: each project got the plugin; take it out of those that use no database`)
  if (elements.some((element) => !objectBehind(source, element ?? undefined)))
    notes.push(`${file}: projects with a config file of their own need the plugin there`)
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
  const objects = projectElements(source).flatMap((element) => objectBehind(source, element ?? undefined) ?? [])
  return objects.filter((object, index) => objects.findIndex((other) => other.start === object.start) === index)
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
