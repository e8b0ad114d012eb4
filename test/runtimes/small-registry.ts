import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gzipSync } from 'node:zlib'
import { archiveOf } from '../../src/runtimes/docker/tar.ts'

const type = 'application/vnd.docker.distribution.manifest.v2+json'

/** An image registry with one image of one file. The second half of that trickles until it is told to hand it out. */
export class SmallRegistry implements AsyncDisposable {
  readonly #server: Server
  readonly #blobs = new Map<string, Buffer>()
  readonly #manifest: Buffer
  readonly #held: (() => void)[] = []
  #layer = ''
  #login: string | undefined
  /** How often the image was asked for. */
  asked = 0
  /** How many have begun to fetch the layer, and how many were cut off. */
  readonly layers = { begun: 0, cutOff: 0 }

  private constructor(archive: Buffer) {
    const uncompressed = digest(archive)
    const layer = this.#blob(gzipSync(archive))
    this.#layer = layer.digest
    const settings = {
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [uncompressed] },
    }
    const config = this.#blob(Buffer.from(JSON.stringify(settings)))
    const parts = {
      config: { mediaType: 'application/vnd.docker.container.image.v1+json', ...config },
      layers: [{ mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip', ...layer }],
    }
    this.#manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: type, ...parts }))
    this.#server = createServer(({ url = '', headers }, response) => {
      if (!this.#login || headers.authorization === this.#login) this.#answer(url, response)
      else response.setHeader('WWW-Authenticate', 'Basic realm="small"').writeHead(401).end()
    })
  }

  static async open(): Promise<SmallRegistry> {
    // Engines tell of progress for what is not tiny only.
    const text = randomBytes(2 ** 21).toString('hex')
    const registry = new SmallRegistry(await buffer(archiveOf({ '/noise': { text } }, { uid: 0, gid: 0 })))
    registry.#server.listen(0, '127.0.0.1')
    await once(registry.#server, 'listening')
    return registry
  }

  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** It has it by every name. */
  get image(): string {
    return `${this.host}/small:1`
  }

  /** Refuses everybody else from now on. */
  demandLogin(user: string, password: string): void {
    this.#login = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  }

  /** Hands out what is held back, and holds nothing back from now on. */
  letGo(): void {
    this.#layer = ''
    for (const go of this.#held.splice(0)) go()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  #answer(url: string, response: ServerResponse): void {
    const reference = url.split('/').at(-1) ?? ''
    if (url.includes('/manifests/')) {
      if (reference === '1') this.asked += 1
      response.setHeader('Content-Type', type).setHeader('Docker-Content-Digest', digest(this.#manifest))
      response.setHeader('Content-Length', this.#manifest.length).end(this.#manifest)
      return
    }
    const blob = this.#blobs.get(reference)
    if (blob && reference === this.#layer) this.#handOutSlowly(blob, response)
    else response.end(blob)
  }

  #handOutSlowly(blob: Buffer, response: ServerResponse): void {
    this.layers.begun += 1
    let sent = Math.floor(blob.length / 2)
    response.setHeader('Content-Length', blob.length)
    response.write(blob.subarray(0, sent))
    // An engine that waits for the next byte does not see that nobody waits for the engine.
    const trickle = setInterval(() => {
      response.write(blob.subarray(sent, sent + 1))
      sent += 1
    }, 20)
    response.once('close', () => {
      clearInterval(trickle)
      if (!response.writableFinished) this.layers.cutOff += 1
    })
    this.#held.push(() => {
      clearInterval(trickle)
      response.end(blob.subarray(sent))
    })
  }

  #blob(content: Buffer): { digest: string; size: number } {
    this.#blobs.set(digest(content), content)
    return { digest: digest(content), size: content.length }
  }
}

function digest(content: Buffer): string {
  return `sha256:${createHash('sha256').update(content).digest('hex')}`
}
