import { execa } from 'execa'

/** On every image made here: a hash of all that went into it. */
export const standInLabel = 'isolane-test-stand-in'

export interface PresentImage {
  readonly id: string
  /** Empty on a real image. */
  readonly label: string
}

export async function docker(...words: string[]): Promise<string> {
  return (await execa('docker', words)).stdout
}

/** `undefined` when there is no such image. */
export async function presentImage(name: string): Promise<PresentImage | undefined> {
  const list = await docker('image', 'ls', '--quiet', '--no-trunc', name)
  const [id] = list.split('\n')
  if (!id) return undefined
  const labels = JSON.parse(await docker('image', 'inspect', '--format', '{{json .Config.Labels}}', id)) as unknown
  return { id, label: (labels as Readonly<Record<string, string>> | null)?.[standInLabel] ?? '' }
}

/** Removes what lost its name to a newer one, with the layers that were its alone; not what a container still uses. */
export async function removeReplaced(before: PresentImage | undefined, name: string): Promise<void> {
  if (!before || (await presentImage(name))?.id === before.id) return
  await execa('docker', ['image', 'rm', before.id], { reject: false })
}
