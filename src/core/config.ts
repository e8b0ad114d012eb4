import type { LaneEndpoint, ServiceDefinition } from './contracts.ts'
import type { ServiceStart } from './start-state.ts'

/** The services of a stack, by the names the user gives them. */
export type Services = Readonly<Record<string, ServiceDefinition>>

/** The endpoints of one lane, by service name. */
export type LaneEndpoints<S extends Services = Services> = {
  readonly [Name in keyof S]: S[Name] extends ServiceDefinition<infer Lane> ? Lane : LaneEndpoint
}

/** Lanes inside one instance per service; or an instance per lane; or: instances on CI, lanes elsewhere. */
export type Mode = 'shared' | 'isolated' | 'auto'

/**
 * When a lane that its worker keeps is made clean again: before each test file, before each test, or not at all. A
 * lane that changes hands is always clean.
 */
export type ResetPolicy = 'file' | 'test' | 'never'

/**
 * What outlives a run: nothing; the lanes of test files that failed, with their servers; or the stack, which the next run
 * attaches to. `isolane down` ends what was kept.
 */
export type Keep = 'nothing' | 'failed' | 'stack'

/**
 * What becomes of the lanes after a run: nothing; or their states are saved, as the last test files left them; or those of
 * test files that failed are, and of no others.
 */
export type After = 'teardown' | 'snapshot' | 'snapshot-on-failure'

/** Which snapshots are removed by themselves: those that got their name from Isolane. The last good one never is. */
export interface Retention {
  /** Older ones go. Default: 7. */
  readonly days?: number
  /** Of more than this many, the oldest go. Default: any number. */
  readonly count?: number
  /** The oldest go until all together take no more, in bytes. Default: any size. */
  readonly bytes?: number
}

/** A runtime for all services, or one for each: `{ default: 'native', neo4j: 'docker' }`. */
export type RuntimeChoice<Name extends string = string> =
  | string
  | (Readonly<Partial<Record<Name, string>>> & { readonly default?: string })

/** The presets that come with Isolane, in `presets/`. */
export type PresetName = 'single-instance' | 'ci-parallel' | 'native' | 'attach' | 'migration-matrix'

/** Options that belong together, for a config's `presets`. */
export type Preset = Omit<StackConfig, 'name' | 'services' | 'presets' | 'env' | 'matrix'>

/** One version of each service, by its name or, for all of a kind, by that. Those not named have the config's own. */
export type Versions<Name extends string = string> = Readonly<Partial<Record<Name, string>>>

/** The versions that `isolane matrix` runs a command on: each of a service's with each of all others'. */
export type Matrix<Name extends string = string> = Readonly<Partial<Record<Name, readonly string[]>>> & {
  /** Combinations to add. */
  readonly include?: readonly Versions<Name>[]
  /** Combinations that have all of these are left out. */
  readonly exclude?: readonly Versions<Name>[]
}

/** One environment of a stack that stays up. */
export interface EnvironmentConfig {
  /** Test runs have their lanes beside it. */
  readonly lanes?: boolean
  /** It is wiped only after a snapshot, and with its name typed. One that is called `production` never is. */
  readonly protected?: boolean
  /**
   * Where the password of its users comes from; it is written nowhere then. Default: made at random for the stack.
   * A command's standard output is the password.
   */
  readonly password?: { readonly variable: string } | { readonly command: readonly string[] }
}

/** What `isolane.config.ts` says. */
export interface StackConfig<S extends Services = Services> {
  /** Tells stacks of one project apart. Default: `default`. */
  readonly name?: string
  readonly services: S
  /**
   * By name, or objects of one's own. Later ones take precedence, and the config's own options over all of them: option by
   * option, `runtime` by service.
   */
  readonly presets?: readonly (PresetName | Preset)[]
  /**
   * Default: `auto`, the first runtime that works. `ISOLANE_RUNTIME` overrides, but never makes a server that is given by
   * its URL another one.
   */
  readonly runtime?: RuntimeChoice<Extract<keyof S, string>>
  /** Default: `shared`. `ISOLANE_MODE` overrides. */
  readonly mode?: Mode
  /**
   * The most lanes there may be at once. Default: twice the runner's workers and two, at least 16. `ISOLANE_LANES`
   * overrides.
   */
  readonly lanes?: number
  /** Default: `file`. */
  readonly reset?: ResetPolicy
  /** Default: `nothing`. */
  readonly keep?: Keep
  /** Default: `teardown`. `ISOLANE_AFTER` overrides. */
  readonly after?: After
  /** How long snapshots are kept. */
  readonly retention?: Retention
  /**
   * What `isolane up` holds for people and programs to work with every day, by name: `{ dev: {}, test: { lanes: true },
   * staging: { protected: true } }`. Default: none, and test lanes alone.
   */
  readonly environments?: Readonly<Record<string, EnvironmentConfig>>
  /** For `isolane matrix`; `--postgres 16,17` and the like take precedence. */
  readonly matrix?: Matrix<Extract<keyof S, string>>
  /** How long a worker waits for a lane when all are taken, in milliseconds. Default: 60,000. */
  readonly leaseTimeout?: number
  /** More variables for each lane, made from its endpoints: `(lane) => ({ APP_DB: lane.postgres.url })`. */
  env?(lane: LaneEndpoints<S>): Readonly<Record<string, string>>
}

/** A config with every default and override filled in. */
export interface ResolvedConfig
  extends Required<Omit<StackConfig, 'presets' | 'env' | 'mode' | 'lanes' | 'runtime' | 'matrix'>> {
  /** By service. */
  readonly runtime: Readonly<Record<string, string>>
  readonly mode: 'shared' | 'isolated'
  /** `undefined`: decided by the number of workers. */
  readonly lanes: number | undefined
  readonly env: (lane: LaneEndpoints) => Readonly<Record<string, string>>
  readonly matrix: Matrix
  /** By service: what lanes begin with instead of what migrations and seed make. */
  readonly start: Readonly<Record<string, ServiceStart>>
  /** The folder of the config: where relative paths start, and where the stack belongs. */
  readonly root: string
}

/**
 * Extend this to have lanes typed by your own config:
 * `declare module 'isolane' { interface Register { stack: typeof import('./isolane.config.ts').default } }`.
 */
// biome-ignore lint/suspicious/noEmptyInterface: users extend it.
export interface Register {}

/** The services of the registered config, or any. */
export type RegisteredServices = Register extends { stack: StackConfig<infer S> } ? S : Services
