import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import type { ContainerSpec, InstanceSpec } from '../../core/contracts.ts'
import type { Image } from './images.ts'
import type { FileOwner } from './tar.ts'
import type { EngineClient } from './testcontainers.ts'

type CreateOptions = Parameters<EngineClient['container']['create']>[0]

/** A container as the engine is asked for it, without what differs from one to the next: its name and labels. */
export interface Blueprint {
  readonly options: CreateOptions
  readonly image: Image
  readonly files: NonNullable<ContainerSpec['files']>
  readonly owner: FileOwner
}

export interface BlueprintParts {
  readonly spec: InstanceSpec
  /** With its placeholders replaced. */
  readonly container: ContainerSpec
  readonly image: Image
  readonly publishOn: string
  readonly keep: string | undefined
}

export function blueprintOf({ spec, container, image, publishOn, keep }: BlueprintParts): Blueprint {
  const { environment = {}, entrypoint, command, user, files = {}, data, memory, sharedMemory } = container
  const published = Object.entries(container.ports).map(([name, inside]) => {
    const wanted = spec.ports[name] ?? container.published?.[name] ?? 0
    return [portKey(inside), [{ HostIp: publishOn, HostPort: wanted === 0 ? '' : String(wanted) }]] as const
  })
  const options: CreateOptions = {
    Image: image.name,
    Env: Object.entries(environment).map(([name, value]) => `${name}=${value}`),
    ExposedPorts: Object.fromEntries(published.map(([port]) => [port, {}])),
    ...(entrypoint ? { Entrypoint: [...entrypoint] } : {}),
    ...(command ? { Cmd: [...command] } : {}),
    ...(user === undefined ? {} : { User: user }),
    HostConfig: {
      PortBindings: Object.fromEntries(published),
      ...(keep === undefined
        ? { Tmpfs: Object.fromEntries(data.map((folder) => [folder, ''])) }
        : {
            Mounts: data.map((folder, index) => ({
              Type: 'volume',
              Source: volumeName(keep, index),
              Target: folder,
            })),
          }),
      ...(memory === undefined ? {} : { Memory: memory }),
      ...(sharedMemory === undefined ? {} : { ShmSize: sharedMemory }),
    },
  }
  return { options, image, files, owner: ownerOf(user ?? image.user) }
}

/** The volume of one of the data folders of what is kept. */
export function volumeName(keep: string, index: number): string {
  return `isolane-${keep}-${index}`
}

/** As the engine writes a port inside a container. */
export function portKey(inside: number): string {
  return `${inside}/tcp`
}

/** Hash of everything that a container is made from, the contents of its files included. */
export async function fingerprintOf({ options, image, files, owner }: Blueprint): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([options, image.id, owner]))
  for (const [path, file] of Object.entries(files)) {
    hash.update(JSON.stringify([path, file.mode, 'text' in file ? file.text : await contentHash(file.source)]))
  }
  return hash.digest('hex')
}

async function contentHash(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** Only numbers are known out here; a user by name gets files that belong to root. */
function ownerOf(user: string): FileOwner {
  const [, uid, gid] = /^(\d+)(?::(\d+))?$/.exec(user) ?? []
  return { uid: Number(uid ?? 0), gid: Number(gid ?? uid ?? 0) }
}
