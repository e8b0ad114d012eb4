import type { ContainerRuntimeClient } from 'testcontainers'
import { clientNotLoaded } from '../../core/client-missing.ts'

export type EngineClient = ContainerRuntimeClient
/** The library's own client of the engine's interface. */
export type EngineApi = EngineClient['container']['dockerode']
export type Container = ReturnType<EngineApi['getContainer']>

/** @throws ISOLANE_CLIENT_MISSING, ISOLANE_CLIENT_UNUSABLE */
export async function loadTestcontainers(): Promise<typeof import('testcontainers')> {
  try {
    return await import('testcontainers')
  } catch (error) {
    throw clientNotLoaded('testcontainers', 'Docker', error)
  }
}

/**
 * The user's login for a registry, as testcontainers finds it. It is no part of its public interface: where it has
 * moved, images are pulled without a login.
 */
export async function registryLogin(registry: string): Promise<object | undefined> {
  try {
    const { getAuthConfig } = await import('testcontainers/build/container-runtime/auth/get-auth-config.js')
    return await getAuthConfig(registry)
  } catch {
    return undefined
  }
}

/** The image of the reaper that testcontainers would start. Where that has moved, there is no reaper. */
export async function reaperImage(): Promise<string | undefined> {
  try {
    const { getReaperImage } = await import('testcontainers/build/reaper/reaper.js')
    return getReaperImage()
  } catch {
    return undefined
  }
}
