import { linkSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { InstanceSpec } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { volatileFolder } from '../../core/folders.ts'
import { portHolder } from '../../core/port-holder.ts'
import { isAlive, type ProcessIdentity, self } from '../../core/process-identity.ts'
import { host } from './setup.ts'

/** A port that no other Isolane process will take until it is released. */
export interface ReservedPort {
  readonly port: number
  release(): void
}

/**
 * Free ports come from below the range that systems hand out to outgoing connections, so that nothing takes one
 * between our look and the server's bind.
 */
const range = { first: 20_000, last: 32_000 }
const attempts = 200

type WantedPorts = Pick<InstanceSpec, 'service' | 'ports' | 'durable'>

/** Reserves the port asked for, or for `0` a free one. @throws ISOLANE_PORT_TAKEN */
async function reservePort(host: string, wanted: number, spec: WantedPorts): Promise<ReservedPort> {
  if (wanted !== 0) return reserveExactly(host, wanted, spec)
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = range.first + Math.floor(Math.random() * (range.last - range.first))
    const reserved = claim(port)
    if (!reserved) continue
    if ((await bindProblem(host, port)) === undefined) return reserved
    reserved.release()
  }
  throw new IsolaneError({
    code: 'ISOLANE_PORT_TAKEN',
    message: `No free port for ${spec.service} was found between ${range.first} and ${range.last}`,
    remedy: 'end programs that listen there, or set a `port` for the service',
  })
}

/** Reserved ports by the names a spec gives them. */
export type ReservedPorts = Readonly<Record<string, ReservedPort>>

/** Reserves all of a server's ports, or none. @throws ISOLANE_PORT_TAKEN */
export async function reservePorts(spec: WantedPorts): Promise<ReservedPorts> {
  const reserved: Record<string, ReservedPort> = {}
  try {
    for (const [name, port] of Object.entries(spec.ports)) reserved[name] = await reservePort(host, port, spec)
    return reserved
  } catch (error) {
    releasePorts(reserved)
    throw error
  }
}

export function releasePorts(ports: ReservedPorts): void {
  for (const port of Object.values(ports)) port.release()
}

/** Reservations whose process is gone. */
export function abandonedPorts(): { file: string; port: number }[] {
  return list(portsFolder())
    .filter((name) => /^\d+$/.test(name))
    .map((name) => ({ file: join(portsFolder(), name), port: Number(name) }))
    .filter(({ file }) => !isHeld(file))
}

async function reserveExactly(host: string, port: number, { service, durable }: WantedPorts): Promise<ReservedPort> {
  const reserved = claim(port)
  // Left out, a durable server has its usual port, which is as likely to be taken.
  const orFree = durable ? '' : ', or leave it out for a free one'
  const problem = reserved ? await bindProblem(host, port) : 'EADDRINUSE'
  if (reserved && problem === undefined) return reserved
  reserved?.release()
  if (problem !== 'EADDRINUSE') {
    throw new IsolaneError({
      code: 'ISOLANE_PORT_TAKEN',
      message: `Port ${port} for ${service} can't be used (${problem})`,
      remedy: `choose another \`port\` in the config (those below 1024 need privileges)${orFree}`,
    })
  }
  const holder = portHolder(port) ?? (reserved ? 'another program' : 'another Isolane run that is just starting')
  throw new IsolaneError({
    code: 'ISOLANE_PORT_TAKEN',
    message: `Port ${port} for ${service} is taken by ${holder}`,
    remedy: `end that program, choose another \`port\` in the config${orFree}`,
  })
}

/** One file per reserved port, holding who reserved it; made in one step, so that only one of two can make it. */
function claim(port: number): ReservedPort | undefined {
  const folder = portsFolder()
  const file = join(folder, String(port))
  const mine = join(folder, `.${self.pid}-${port}`)
  writeFileSync(mine, JSON.stringify(self))
  try {
    for (const _attempt of [1, 2]) {
      try {
        linkSync(mine, file)
        return { port, release: () => rmSync(file, { force: true }) }
      } catch {
        if (isHeld(file)) return undefined
        rmSync(file, { force: true })
      }
    }
    return undefined
  } finally {
    rmSync(mine, { force: true })
  }
}

function isHeld(file: string): boolean {
  try {
    return isAlive(JSON.parse(readFileSync(file, 'utf8')) as ProcessIdentity)
  } catch {
    return false
  }
}

function portsFolder(): string {
  const folder = join(volatileFolder(0), 'ports')
  mkdirSync(folder, { recursive: true })
  return folder
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    return []
  }
}

function bindProblem(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(undefined)))
  })
}
