import { existsSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { nativeTools } from '../../builtin.ts'
import { cacheFolder, volatileFolder } from '../../core/folders.ts'
import { isNodeSupported, supportedNode } from '../node-version.ts'
import { type Check, checking, failed, note, ok } from './check.ts'

export async function machineChecks(): Promise<Check[]> {
  return [nodeVersion(), platform(), ...(await checking('local socket', localSocket)), ...(await rootUser())]
}

function nodeVersion(): Check {
  const text = `Node ${process.versions.node} (${process.execPath})`
  return isNodeSupported ? ok('Node', text) : failed('Node', text, `install a Node that fits ${supportedNode}`)
}

function platform(): Check {
  const text = `${process.platform}-${process.arch}`
  if (['linux', 'darwin', 'win32'].includes(process.platform)) return ok('platform', text)
  return note('platform', `${text} is not one that Isolane is tested on`, 'engines must be on this machine')
}

/** Workers reach the lane server by one. */
async function localSocket(): Promise<Check[]> {
  const path =
    process.platform === 'win32'
      ? `\\\\.\\pipe\\isolane-doctor-${process.pid}`
      : join(volatileFolder(0), `d${process.pid}`)
  const { promise, resolve } = Promise.withResolvers<Error | undefined>()
  const server = createServer().once('error', resolve)
  server.listen(path, () => server.close(() => resolve(undefined)))
  const error = await promise
  if (process.platform !== 'win32') rmSync(path, { force: true })
  if (!error) return [ok('local socket', 'can be made')]
  const remedy = 'let this user make sockets in that folder; workers reach their lanes by one'
  return [failed('local socket', `${path} can't be made: ${error.message}`, remedy)]
}

/** Postgres refuses to run as root, so whom it runs as must be able to read its programs. */
async function rootUser(): Promise<Check[]> {
  const { canReach, serverUser } = await nativeTools()
  const user = serverUser(true)
  if (!user) return []
  const text = `this is root, so servers that refuse root run as ${user.name} (uid ${user.uid})`
  const cache = cacheFolder()
  if (!existsSync(cache) || canReach(user, cache)) return [ok('user', text)]
  const remedy = 'set ISOLANE_CACHE_DIR to a folder that every user may enter'
  return [failed('user', `${text}, who can't enter the cache folder ${cache}`, remedy)]
}
