import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { execa } from 'execa'

/**
 * A Docker daemon that is nobody else's, to be stopped and started: needs Linux, root and `dockerd`. It has a network of
 * its own, joined to ours by a cable: beside another daemon it would take away that one's bridge.
 */
export class OwnDaemon implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), 'isolane-daemon-'))
  readonly #network = `isolane${process.pid}`
  readonly #subnet = `172.29.${process.pid % 256}`
  readonly address = `unix://${this.#folder}/docker.sock`
  /** Where its published ports are reached. */
  readonly host = `${this.#subnet}.2`
  #ended: Promise<unknown> | undefined
  #end: () => void = () => {}

  static async lacking(): Promise<string> {
    if (process.getuid?.() !== 0) return ' [needs root]'
    for (const program of ['dockerd', 'ip', 'nsenter']) {
      if ((await execa('which', [program], { reject: false })).failed) return ` [there is no ${program}]`
    }
    return ''
  }

  static async start(): Promise<OwnDaemon> {
    const daemon = new OwnDaemon()
    try {
      await daemon.#layCable()
      await daemon.start()
      return daemon
    } catch (error) {
      await daemon[Symbol.asyncDispose]().catch(() => {})
      throw error
    }
  }

  async start(): Promise<void> {
    const folder = this.#folder
    const log = openSync(join(folder, 'log'), 'a')
    // The machine's own settings are not for this one.
    writeFileSync(join(folder, 'daemon.json'), '{}')
    const child = spawn(
      'nsenter',
      [
        ...[`--net=/run/netns/${this.#network}`, 'dockerd', '--host', this.address, '--pidfile', join(folder, 'pid')],
        ...['--data-root', join(folder, 'data'), '--exec-root', join(folder, 'exec')],
        ...['--config-file', join(folder, 'daemon.json'), '--iptables=false', '--ip6tables=false'],
        ...['--containerd-namespace', this.#network, '--containerd-plugins-namespace', `${this.#network}-plugins`],
      ],
      { stdio: ['ignore', log, log] },
    )
    this.#ended = new Promise((resolve) => child.once('exit', resolve))
    this.#end = () => child.kill()
    while ((await execa('docker', ['--host', this.address, 'version'], { reject: false })).failed) {
      if (child.exitCode !== null) throw new Error(`dockerd ended with ${child.exitCode}`)
      await delay(50)
    }
  }

  async stop(): Promise<void> {
    this.#end()
    await this.#ended
  }

  async docker(...words: string[]): Promise<string> {
    return (await execa('docker', ['--host', this.address, ...words])).stdout
  }

  /** Makes an image that holds a program of another daemon's image, the libraries it needs, and nothing else. */
  async importProgram(image: string, program: string, name: string): Promise<void> {
    const script = `tar -ch "$0" $(ldd "$0" | grep -o '/[^ ]*')`
    const run = ['run', '--rm', '--entrypoint', '/bin/sh', image, '-c', script, program]
    const archive = execa('docker', run, { buffer: false })
    const command = ['--host', this.address, 'import', '--change', `ENTRYPOINT ["${program}"]`, '-', name]
    await archive.pipe('docker', command)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
    await execa('ip', ['netns', 'delete', this.#network], { reject: false })
    rmSync(this.#folder, { recursive: true, force: true })
  }

  async #layCable(): Promise<void> {
    const ip = (line: string) => execa('ip', line.split(' '))
    const network = this.#network
    await ip(`netns add ${network}`)
    await ip(`link add ${network} type veth peer name eth0 netns ${network}`)
    await ip(`address add ${this.#subnet}.1/24 dev ${network}`)
    await ip(`link set ${network} up`)
    await ip(`-netns ${network} address add ${this.host}/24 dev eth0`)
    for (const device of ['lo', 'eth0']) await ip(`-netns ${network} link set ${device} up`)
  }
}
