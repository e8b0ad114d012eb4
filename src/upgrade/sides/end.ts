import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Swept } from '../../core/contracts.ts'
import { messageOf } from '../../core/errors.ts'
import { isAlive } from '../../core/process-identity.ts'
import { namesIn, readRecord, removePartials } from '../../core/record-file.ts'
import { filledFolder } from './filled.ts'
import { endOwn, type Making, removeMade, removeOwn } from './making.ts'
import { readSides, replaceSides, type Sides, sideKey, sideNames, sidesFolder, sidesKey } from './record.ts'

/**
 * Ends both stacks and forgets them: what the config says counts again. After a kill on the way it goes on.
 * @throws ISOLANE_STOP_TIMED_OUT, ISOLANE_SNAPSHOT_REFUSED when a run goes on reading what they were filled from
 */
export async function endSides(sides: Sides): Promise<void> {
  await Promise.all(sideNames.map((name) => endOwn(sideKey(sides, name), sides[name].owner)))
  if (sides.snapshot.own) await removeOwn(sides.snapshot.path)
  await rm(filledFolder(sides.id), { recursive: true, force: true })
  const key = sidesKey(sides)
  // Somebody may be switching just now.
  for (let now = readSides(key); now?.id === sides.id; now = readSides(key)) await replaceSides(key, now, undefined)
}

/** Removes what processes that were killed while they made sides have left; with `dry` only tells. */
export async function sweepSides(state: string, dry: boolean): Promise<readonly Swept[]> {
  const folder = sidesFolder(state)
  if (!dry) removePartials(folder)
  const swept: Swept[] = []
  for (const name of namesIn(folder).filter((each) => each.endsWith('.making.json'))) {
    const file = join(folder, name)
    const made = readRecord<Making>(file)
    if (!made || isAlive(made.owner)) continue
    const reason = dry ? undefined : await removeMade(made, file).then(() => undefined, messageOf)
    swept.push({
      kind: 'record',
      what: `half-made blue and green of ${made.root}`,
      removed: !dry && reason === undefined,
      ...(reason === undefined ? {} : { reason }),
    })
  }
  return swept
}
