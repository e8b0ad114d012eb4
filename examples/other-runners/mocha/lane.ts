import { lease } from 'isolane'

const lane = await lease()
Object.assign(process.env, lane.env)

export const mochaHooks = { beforeEach: () => lane.reset() }
