import { sourceVariable } from '../../core/source-variable.ts'
import { connectSide } from '../../upgrade/sides/connect.ts'
import type { Sides } from '../../upgrade/sides/record.ts'
import { type RunProgramOptions, runProgram } from '../run-program.ts'

/**
 * Runs a program on the data of the active side, which several may work on at once, and which stay as it leaves them.
 * @returns its exit code
 * @throws ISOLANE_STACK_NOT_UP
 */
export async function execOnSide(
  sides: Sides,
  program: string,
  rest: readonly string[],
  passSignals: RunProgramOptions['passSignals'],
): Promise<number> {
  const { root, active } = sides
  using side = await connectSide(sides, active)
  const { env } = await side.client.request('look', { lane: sides[active].lane })
  const source = sourceVariable({ address: side.up.address, reset: 'file', root })
  return await runProgram(program, rest, { env: { ...env, ...source }, localFolder: root, passSignals })
}
