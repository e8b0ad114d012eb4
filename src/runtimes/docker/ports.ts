import { IsolaneError } from '../../core/errors.ts'
import { portHolder } from '../../core/port-holder.ts'
import { engineReason } from './errors.ts'
import type { Plan } from './ground.ts'
import { labels } from './labels.ts'

const takenWords = /port is already allocated|address already in use|ports are not available|port is already in use/i

/** The engine's refusal of a port as our error; `undefined` when it is about something else. */
export async function portTaken(plan: Plan, error: unknown): Promise<IsolaneError | undefined> {
  const reason = engineReason(error)
  if (!takenWords.test(reason)) return undefined
  const { spec, container } = plan
  const wanted = Object.values({ ...container.published, ...spec.ports }).filter((port) => port !== 0)
  const port = wanted.find((each) => new RegExp(`[:.]${each}\\b`).test(reason)) ?? wanted[0]
  if (port === undefined) return undefined
  const holder = await holderOf(plan, port).catch(() => undefined)
  return new IsolaneError({
    code: 'ISOLANE_PORT_TAKEN',
    message: `Port ${port} for ${spec.service} is taken by ${holder ?? 'a program on the machine of the engine'}`,
    remedy: `end that program, choose another \`port\` in the config${spec.durable ? '' : ', or leave it out for a free one'}`,
    cause: error,
  })
}

async function holderOf({ engine }: Plan, port: number): Promise<string | undefined> {
  const containers = await engine.api.listContainers()
  const holder = containers.find(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort === port))
  if (!holder) return engine.host === '127.0.0.1' ? portHolder(port) : undefined
  const project = holder.Labels[labels.project]
  return `the container ${holder.Names[0]?.slice(1)}${project === undefined ? '' : ` of ${project}`}`
}
