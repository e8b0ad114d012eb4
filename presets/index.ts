import type { Preset, PresetName } from 'isolane'
import { attach } from './attach.ts'
import { ciParallel } from './ci-parallel.ts'
import { migrationMatrix } from './migration-matrix.ts'
import { native } from './native.ts'
import { singleInstance } from './single-instance.ts'

/** By the names that a config's `presets` uses. */
export const presets: Readonly<Record<PresetName, Preset>> = {
  'single-instance': singleInstance,
  'ci-parallel': ciParallel,
  native,
  attach,
  'migration-matrix': migrationMatrix,
}
