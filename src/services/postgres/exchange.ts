import { type Databases, whileInUse } from './databases.ts'

/**
 * Gives a database's name to another one, and the one that had it another name: both or neither, also when we are killed. Who
 * is connected to them is cut off. A kill may leave the name with a database that lets nobody in: {@link Databases.admit}.
 */
export async function exchangeDatabases(
  databases: Databases,
  name: string,
  { comes, goes }: { readonly comes: string; readonly goes: string },
): Promise<void> {
  try {
    await databases.suspend(name)
    await whileInUse(async () => {
      await databases.cutOff(name)
      await databases.cutOff(comes)
      await databases.exchange(name, { comes, goes })
    })
  } catch (error) {
    await databases.admit(name, true).catch(() => {})
    throw error
  }
  await databases.admit(name, true)
}
