/** Keeping lanes' states and bringing them back, as tests and the command line ask for it: through the lane server. */
import { lackingForDocker } from '../test/docker.ts'
import type { Row } from './row.ts'
import { benchMarks, benchMarksInDocker } from './snapshot-marks.ts'
import { benchRedisSnapshots } from './snapshot-redis.ts'
import { benchVerify } from './snapshot-verify.ts'

export async function benchSnapshots(): Promise<Row[]> {
  const rows = [...(await benchMarks()), ...(await benchRedisSnapshots()), ...(await benchVerify())]
  const lacking = await lackingForDocker('postgres:17')
  if (!lacking) return [...rows, await benchMarksInDocker()]
  console.log(`not measured in Docker${lacking}`)
  return rows
}
