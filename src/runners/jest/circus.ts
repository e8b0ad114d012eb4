/** What jest-circus, the runner of Jest 27 and newer, has in common in 29 and 30. Without it (jest-jasmine2) less is told. */

export interface RunningTest {
  readonly name: string
  readonly parent?: { readonly name: string; readonly parent?: RunningTest['parent'] } | undefined
  readonly errors: readonly unknown[]
  /** Marked with `test.failing`. */
  readonly failing?: boolean
  /** How often it has been started, this time included. */
  readonly invocations: number
}

interface CircusState {
  readonly currentlyRunningTest?: RunningTest | null
  readonly rootDescribeBlock: DescribeBlock & { readonly hooks: Hook[] }
}

export interface DescribeBlock {
  readonly type: 'describeBlock'
  readonly name: string
  readonly children: readonly (DescribeBlock | DefinedTest)[]
}

export interface DefinedTest extends RunningTest {
  readonly type: 'test'
  readonly status?: 'done' | 'skip' | 'todo' | 'running' | null
  readonly duration?: number | null
}

interface Hook {
  readonly fn: unknown
}

type Register = (hook: () => Promise<unknown>) => void

/** Present also where Jest is told to add no globals. */
export function jestGlobals(): Readonly<Record<'beforeEach' | 'afterEach' | 'afterAll', Register>> & {
  readonly expect: { getState(): { readonly testPath?: string } }
} {
  return require('@jest/globals')
}

/** The running test, where it has failed for good: `test.failing` and tries that are left are no failures. */
export function failedTest(): RunningTest | undefined {
  const test = circusState()?.currentlyRunningTest
  if (!test || test.failing || test.errors.length === 0) return undefined
  const retries = (globalThis as { readonly [key: symbol]: unknown })[Symbol.for('RETRY_TIMES')]
  return test.invocations <= (Number(retries) || 0) ? undefined : test
}

/** `describe > test`. */
export function nameOf({ name, parent }: Pick<RunningTest, 'name' | 'parent'>): string {
  return parent?.parent ? `${nameOf(parent)} > ${name}` : name
}

/** Every test of the file, with what it came to once it is done. Of one that is tried again, the last try. */
export function testsOfFile(
  block: DescribeBlock | undefined = circusState()?.rootDescribeBlock,
): readonly DefinedTest[] {
  return (block?.children ?? []).flatMap((child) => (child.type === 'test' ? [child] : testsOfFile(child)))
}

/** Registers a hook that stays the last of its kind: Jest runs hooks in the order in which they were registered. */
export function lastly(kind: 'afterEach' | 'afterAll', fn: () => Promise<unknown>): void {
  jestGlobals()[kind](fn)
  const hooks = circusState()?.rootDescribeBlock.hooks
  const own = hooks?.findLast((hook) => hook.fn === fn)
  if (!hooks || !own) return
  const push = hooks.push.bind(hooks)
  hooks.push = (...later) => {
    push(...later)
    hooks.splice(hooks.indexOf(own), 1)
    return push(own)
  }
}

function circusState(): CircusState | undefined {
  const key = Object.getOwnPropertySymbols(globalThis).find(({ description }) => description === 'JEST_STATE_SYMBOL')
  return key && (globalThis as unknown as Readonly<Record<symbol, CircusState>>)[key]
}
