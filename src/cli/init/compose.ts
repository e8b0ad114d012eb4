import type { ProjectFiles } from './project-files.ts'

/** What an image of a compose file says of a service. */
export interface ComposeImage {
  readonly file: string
  /** As it stands there, variables replaced by their defaults: `postgres:16-alpine`. */
  readonly image: string
  /** Name without registry and folder: `postgres`. */
  readonly name: string
  readonly tag: string
}

const names = ['compose', 'docker-compose'].flatMap((stem) =>
  ['', '.test', '.dev', '.override', '-test', '-dev'].flatMap((middle) => [
    `${stem}${middle}.yml`,
    `${stem}${middle}.yaml`,
  ]),
)

/** The images of the project's compose files. Only `image:` lines matter here, so no YAML is parsed. */
export function composeImages(files: ProjectFiles): ComposeImage[] {
  return names.flatMap((file) => {
    const lines = files.read(file)?.matchAll(/^[ \t]*image:[ \t]*(['"]?)([^\s'"#]+)\1/gm) ?? []
    return [...lines].map(([, , image = '']) => parsed(file, image.replace(/\$\{\w+:?-([^}]*)\}/g, '$1')))
  })
}

function parsed(file: string, image: string): ComposeImage {
  const [path = ''] = image.split('@')
  const last = path.slice(path.lastIndexOf('/') + 1)
  const [name = '', tag = ''] = last.split(':')
  return { file, image: path, name, tag }
}
