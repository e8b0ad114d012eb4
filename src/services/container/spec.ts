import { resolve } from 'node:path'
import type { ContainerSpec, InstanceSpec, SpecContext } from '../../core/contracts.ts'
import { imageParts } from './image.ts'
import type { ContainerOptions } from './options.ts'

export function spec(options: ContainerOptions, { name, root, credentials }: SpecContext): InstanceSpec {
  const { image, ports, environment, command, files = {}, data = [], startTimeout } = options
  const sources = Object.entries(files).map(([path, file]) => [
    path,
    'source' in file ? { source: resolve(root, file.source) } : file,
  ])
  return {
    service: name,
    kind: imageParts(image).name,
    credentials,
    ports: Object.fromEntries(Object.keys(ports).map((port) => [port, 0])),
    container: {
      image,
      ports,
      files: Object.fromEntries(sources),
      data,
      ready: ready(options),
      ...(environment ? { environment } : {}),
      ...(command ? { command } : {}),
      ...(startTimeout === undefined ? {} : { startTimeout }),
    },
  }
}

function ready({ wait, ports }: ContainerOptions): ContainerSpec['ready'] {
  if (!wait) return { port: Object.keys(ports)[0] ?? '' }
  if (!('http' in wait)) return wait
  const { http: path, ...where } = wait
  return { http: { path, ...where } }
}
