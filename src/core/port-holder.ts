import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Which process listens on a TCP port: `pid 4711 (postgres)`; `undefined` when that can't be told. */
export function portHolder(port: number): string | undefined {
  try {
    return process.platform === 'linux' ? holderOnLinux(port) : holderByLsof(port)
  } catch {
    return undefined
  }
}

/** Whether that process itself listens on the port; `undefined` where that can't be told. */
export function listensOn(pid: number, port: number): boolean | undefined {
  if (process.platform !== 'linux') return undefined
  const sockets = socketsListeningOn(port)
  try {
    return holdsAny(pid, sockets)
  } catch {
    return undefined
  }
}

function holderOnLinux(port: number): string | undefined {
  const sockets = socketsListeningOn(port)
  if (sockets.size === 0) return undefined
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const pid = pids.find((candidate) => {
    try {
      return holdsAny(Number(candidate), sockets)
    } catch {
      return false
    }
  })
  return pid === undefined ? 'a process of another user' : `pid ${pid} (${commandOf(pid)})`
}

/** proc(5): the local address is in column 2, the state in column 4 (0A: listening), the socket's inode in column 10. */
function socketsListeningOn(port: number): Set<string> {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  const inodes = new Set<string>()
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of tableLines(table)) {
      const columns = line.trim().split(/\s+/)
      if (columns[1]?.endsWith(suffix) && columns[3] === '0A' && columns[9]) inodes.add(`socket:[${columns[9]}]`)
    }
  }
  return inodes
}

function tableLines(table: string): string[] {
  try {
    return readFileSync(table, 'latin1').split('\n').slice(1)
  } catch {
    return []
  }
}

function holdsAny(pid: number, sockets: ReadonlySet<string>): boolean {
  return readdirSync(`/proc/${pid}/fd`).some((descriptor) => {
    try {
      return sockets.has(readlinkSync(`/proc/${pid}/fd/${descriptor}`))
    } catch {
      return false
    }
  })
}

function commandOf(pid: string): string {
  return readFileSync(`/proc/${pid}/comm`, 'utf8').trim()
}

function holderByLsof(port: number): string | undefined {
  if (process.platform === 'win32') return undefined
  const output = execFileSync('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const pid = /^p(\d+)/m.exec(output)?.[1]
  const command = /^c(.+)/m.exec(output)?.[1]
  return pid ? `pid ${pid} (${command ?? 'unknown'})` : undefined
}
