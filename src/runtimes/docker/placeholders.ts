import type { ContainerSpec, Credentials } from '../../core/contracts.ts'

/** The spec with every known placeholder replaced; other braces stay. */
export function expandContainer(container: ContainerSpec, credentials: Credentials): ContainerSpec {
  const expand = (text: string): string =>
    text.replace(/\{(?:(username|password)|port\.([\w-]+))\}/g, (whole, credential, port) =>
      port === undefined
        ? credentials[credential as 'username' | 'password']
        : String(container.ports[port as string] ?? whole),
    )
  const { environment, entrypoint, command, files, ready } = container
  return {
    ...container,
    ...(environment ? { environment: mapValues(environment, expand) } : {}),
    ...(entrypoint ? { entrypoint: entrypoint.map(expand) } : {}),
    ...(command ? { command: command.map(expand) } : {}),
    ...(files
      ? { files: mapValues(files, (file) => ('text' in file ? { ...file, text: expand(file.text) } : file)) }
      : {}),
    ready: expandReady(ready, expand),
  }
}

function expandReady(ready: ContainerSpec['ready'], expand: (text: string) => string): ContainerSpec['ready'] {
  if ('line' in ready) return { ...ready, line: expand(ready.line) }
  if ('command' in ready) return { command: ready.command.map(expand) }
  if ('http' in ready) return { http: { ...ready.http, path: expand(ready.http.path) } }
  return ready
}

function mapValues<Value, Result>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value) => Result,
): Record<string, Result> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]))
}
