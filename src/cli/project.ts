import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { configOf, ownConfigOf } from '../builtin.ts'
import type { ResolvedConfig } from '../core/config.ts'
import { IsolaneError, isIsolaneError } from '../core/errors.ts'
import { stateFolder } from '../core/folders.ts'
import { LaneClient } from '../core/lane-client.ts'
import { findUp, type ReadyRecord, type UpKey } from '../core/up-record.ts'

/** The config of the project that the command line is about. */
export async function projectConfig(command: Command): Promise<ResolvedConfig> {
  return configOf(projectFolder(command))
}

/** The same as its file has it, whatever versions the environment or `isolane switch` have chosen. */
export async function ownProjectConfig(command: Command): Promise<ResolvedConfig> {
  return ownConfigOf(projectFolder(command))
}

/** What `--root` names. @throws ISOLANE_OPTION_INVALID when it is no folder. */
export function projectFolder(command: Command): string {
  const root = resolve(command.optsWithGlobals<{ root?: string }>().root ?? '.')
  if (statSync(root, { throwIfNoEntry: false })?.isDirectory()) return root
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `--root: ${root} is not a folder`,
    remedy: 'name the folder of the project, or one below it',
  })
}

export function upKey(config: ResolvedConfig): UpKey {
  return { stateFolder: stateFolder(), root: config.root, name: config.name }
}

/** The project's stack that is up, and a connection to it. @throws ISOLANE_STACK_NOT_UP, also when it is just ending. */
export async function connectUp(config: ResolvedConfig): Promise<{ record: ReadyRecord; client: LaneClient }> {
  const record = findUp(upKey(config))
  const client = record && (await LaneClient.connect(record.address).catch(ignoreLost))
  if (client) return { record, client }
  throw notUp(config)
}

function ignoreLost(error: unknown): undefined {
  if (!isIsolaneError(error, 'ISOLANE_LANE_LOST')) throw error
}

export function notUp(config: ResolvedConfig): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_STACK_NOT_UP',
    message: `No stack is up for ${config.root}`,
    remedy: 'start one with `isolane up`',
  })
}
