import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { execa } from 'execa'
import { IsolaneError } from '../../core/errors.ts'
import { endOnSignals } from '../signals.ts'

export interface ToolContainer {
  readonly name: string
  readonly image: string
  readonly port: number
  readonly variables: Readonly<Record<string, string>>
  readonly files: Readonly<Record<string, string>>
  ready(): void
}

/** Milliseconds until the page must be there. */
const patience = 120_000

/**
 * Runs a data tool in a container of this machine's network, since servers listen on its loopback only, until a signal ends
 * it. Docker removes the container with it.
 * @throws ISOLANE_IMAGE_UNAVAILABLE, ISOLANE_PORT_TAKEN, ISOLANE_START_FAILED
 */
export async function runToolContainer({ name, image, port, variables, files, ready }: ToolContainer): Promise<void> {
  if (await answers(port)) throw portTaken(name, port)
  await pull(name, image)
  const { signal } = endOnSignals()
  const folder = mkdtempSync(join(tmpdir(), 'isolane-tool-'))
  const container = `isolane-${name}-${randomBytes(4).toString('hex')}`
  try {
    const mounts = Object.entries(files).flatMap(([path, text], index) => {
      const file = join(folder, String(index))
      // Read by the container's user, whoever that is; it holds no password.
      writeFileSync(file, text, { mode: 0o644 })
      return ['--mount', `type=bind,source=${file},target=${path},readonly`]
    })
    // Names alone: Docker takes the values from our environment, where no process list shows them.
    const passed = Object.keys(variables).flatMap((variable) => ['--env', variable])
    const child = execa(
      'docker',
      ['run', '--rm', '--network', 'host', '--name', container, ...mounts, ...passed, image],
      {
        env: variables,
        reject: false,
        all: true,
      },
    )
    await untilReady(child, port, name, signal)
    if (!signal.aborted) ready()
    await ended(child, signal)
  } finally {
    await execa('docker', ['rm', '--force', container], { reject: false })
    rmSync(folder, { recursive: true, force: true })
  }
}

async function pull(name: string, image: string): Promise<void> {
  if ((await execa('docker', ['image', 'inspect', image], { reject: false })).exitCode === 0) return
  process.stdout.write(`\nThe image ${image} is being pulled …\n`)
  const { exitCode, stderr, message } = await execa('docker', ['pull', '--quiet', image], { reject: false })
  if (exitCode === 0) return
  throw new IsolaneError({
    code: 'ISOLANE_IMAGE_UNAVAILABLE',
    message: `${name} can't be started: its image ${image} can't be had`,
    remedy: 'name another with --image, or connect a tool of your own with the details above',
    output: stderr || String(message),
  })
}

/** Of execa's, what is used. */
type Child = Promise<{ readonly all?: string | undefined }> & { kill(): boolean }

async function untilReady(child: Child, port: number, name: string, signal: AbortSignal): Promise<void> {
  const until = performance.now() + patience
  let exited = false
  void child.then(() => {
    exited = true
  })
  while (!signal.aborted && !(await answers(port))) {
    if (exited || performance.now() > until) {
      if (!exited) child.kill()
      throw new IsolaneError({
        code: 'ISOLANE_START_FAILED',
        message: `${name} ${exited ? 'ended' : `does not answer on port ${port}`}`,
        remedy: 'its last lines are below; connect a tool of your own with the details above',
        output: (await child).all?.split('\n').slice(-20).join('\n') ?? '',
      })
    }
    await delay(200)
  }
}

async function ended(child: Child, signal: AbortSignal): Promise<void> {
  const end = () => child.kill()
  signal.addEventListener('abort', end, { once: true })
  if (signal.aborted) end()
  await child
}

function answers(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const socket = connect({ host: '127.0.0.1', port })
  socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
  return promise.finally(() => socket.destroy())
}

function portTaken(name: string, port: number): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_PORT_TAKEN',
    message: `Port ${port}, where the page of ${name} would be, is taken`,
    remedy: 'choose another with --port',
  })
}
