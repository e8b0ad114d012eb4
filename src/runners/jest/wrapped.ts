import type { StackConfig } from '../../core/config.ts'

/** What `withIsolane` keeps of a config until the set-up runs in the same process. Functions do not cross to workers. */
export interface WrappedConfig {
  readonly stack: StackConfig | undefined
  readonly own: OwnOptions
  /** It was wrapped once more, as part of another config. */
  readonly isBase?: true
}

/** What the user wrote. Jest has room for one hook of each kind, so that ours have taken the place of theirs. */
export interface OwnOptions {
  readonly rootDir?: string
  readonly preset?: string | null
  readonly globalSetup?: string | null | undefined
  readonly globalTeardown?: string | null | undefined
}

/** A global variable of each test file of a wrapped config: which of the run's stacks is its own. */
export const stackIdName = '__ISOLANE_STACK__'

const key = Symbol.for('isolane.jest.wrapped')
const home = globalThis as { [key]?: Map<string, WrappedConfig> }

/** Every config that was wrapped in this process, by id. Configs and the set-up are loaded by different module systems. */
export function wrappedConfigs(): Map<string, WrappedConfig> {
  home[key] ??= new Map()
  return home[key]
}

/** The id of a config's stack: empty where the config is not wrapped. */
export function stackIdOf({ globals }: { readonly globals?: unknown }): string {
  const id = (globals as { readonly [stackIdName]?: unknown } | undefined)?.[stackIdName]
  return typeof id === 'string' ? id : ''
}
