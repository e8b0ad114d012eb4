import { basename, join, resolve } from 'node:path'
import { runtimes } from '../../builtin.ts'
import type { ResolvedConfig } from '../../core/config.ts'
import { IsolaneError } from '../../core/errors.ts'
import { isolaneCommand } from '../../core/isolane-command.ts'
import { fromSnapshot } from '../../from-snapshot.ts'
import { isPath } from '../../snapshots/names.ts'
import { SnapshotStore } from '../../snapshots/store.ts'
import type { UpgradePlan } from '../../upgrade/plan.ts'
import { openSides } from '../../upgrade/sides/open.ts'
import { type Sides, sideNames, versionsLine } from '../../upgrade/sides/record.ts'
import { printLines } from '../snapshot/text.ts'
import { clearProgress, terminalReport } from '../terminal-report.ts'
import { isStandardOutput, write } from '../write.ts'

export interface BlueGreenOptions {
  /** As its file has it. */
  readonly config: ResolvedConfig
  readonly plan: UpgradePlan
  /** `snapshot`: a name in the project's store, or a path. */
  readonly from: { readonly snapshot?: string; readonly lane?: string }
  /** A file; `true` or `-`: standard output. */
  readonly json: string | true | undefined
  readonly signal: AbortSignal
}

/** `isolane upgrade --blue-green`: old and new stay up beside each other. @throws as `openSides` does */
export async function blueGreen(options: BlueGreenOptions): Promise<void> {
  const { config, plan, from, json, signal } = options
  const store = SnapshotStore.of(config)
  const snapshot = from.snapshot === undefined ? undefined : await given(config, store, from.snapshot, from.lane)
  const report = terminalReport()
  const warnings = plan.upgrades.reduce((sum, { way }) => sum + way.warnings.length, 0)
  if (warnings > 0) report({ kind: 'warning', subject: 'upgrade', text: `${warnings} ${rehearsalTells}` })
  const sides = await openSides({ config, plan, runtimes, store, ...(snapshot ? { snapshot } : {}), report, signal })
  clearProgress()
  if (!isStandardOutput(json)) printLines(lines(sides))
  if (json !== undefined) write('--json', json, JSON.stringify(sides, undefined, 2))
}

const rehearsalTells = 'things to know about it: `isolane upgrade` without --blue-green rehearses it, and tells them'

/** What belongs to a rehearsal, where nothing stays up. */
const ofRehearsals = ['way', 'migrations', 'queries', 'summary', 'keepSnapshots', 'command'] as const

/** @param given the command line. @throws ISOLANE_OPTION_INVALID for what would have no effect */
export function refuseBesideBlueGreen(given: Readonly<Partial<Record<(typeof ofRehearsals)[number], unknown>>>): void {
  const name = ofRehearsals.find((each) => {
    const value = given[each]
    return Array.isArray(value) ? value.length > 0 : Boolean(value)
  })
  if (name === undefined) return
  const shown = name === 'command' ? 'A command' : `--${name === 'keepSnapshots' ? 'keep-snapshots' : name}`
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${shown} is for a rehearsal, and with --blue-green nothing is rehearsed`,
    remedy: 'leave one of them out; once both sides are up, `isolane exec` runs commands on them',
  })
}

/** Every process opens it anew, so it is named by its path. */
async function given(config: ResolvedConfig, store: SnapshotStore, nameOrPath: string, lane: string | undefined) {
  // Says at once when lanes can't begin with it.
  const path = resolve(isPath(nameOrPath) ? nameOrPath : join(store.folder, nameOrPath))
  const chosen = { path: nameOrPath, ...(lane === undefined ? {} : { lane }) }
  await fromSnapshot(config, chosen)
  return { ...chosen, path, name: basename(path) }
}

function lines(sides: Sides): string[] {
  const isolane = isolaneCommand(sides.root)
  return [
    ...sideNames.map((name) => `${name} (${versionsLine(sides[name].versions)}) is up, stack ${sides[name].stack}.`),
    `Both began as the snapshot ${sides.snapshot.name}; each keeps what is written to it from now on.`,
    `${sides.active} is active: \`isolane exec\` works on its data, and new runs get clean lanes of its stack.`,
    `  ${isolane} switch green       go over to the new versions`,
    `  ${isolane} switch             show both, and what was written to each`,
    `  ${isolane} switch --rollback  go back`,
    `  ${isolane} down               end both`,
  ]
}
