import { expect, test } from 'vitest'
import { environmentPassword } from '../../src/core/environment-password.ts'

const from = (script: string, timeout?: number) =>
  environmentPassword('staging', { password: { command: [process.execPath, '-e', script] } }, '.', {}, timeout)

test('a command prints the password, and is not asked anything', async () => {
  expect(await from("process.stdin.on('data', () => {}).on('end', () => console.log(' s3cret'))")).toBe('s3cret')
})

test('one that fails, or does not end, is told of with what it wrote', async () => {
  await expect(from("console.error('log in first'); process.exit(3)")).rejects.toThrow(
    /staging: .* failed: .*run it by hand[\s\S]*log in first/,
  )
  const stubborn = "process.on('SIGTERM', () => {}); setInterval(() => {}, 1e3)"
  await expect(from(stubborn, 300)).rejects.toThrow(/did not end within 0.3 s: run it by hand to see what it waits for/)
})
