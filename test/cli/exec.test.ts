import { expect, test } from 'vitest'
import { postgresProject, Sandbox } from './sandbox.ts'

/** What libpq would obey before PGHOST. */
const elsewhere = { PGSERVICE: 'production', PGHOSTADDR: '192.0.2.1' }

test('exec runs a program with a lane, with or without a stack that is up', async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })
  const show = ['exec', '--', 'sh', '-c', 'echo "$ISOLANE_LANE $ENVIRONMENT $DATABASE_URL"']
  const lane = /^lane-\d+ test postgresql:\/\/\S+@127\.0\.0\.1:\d+\/isolane_lane_\d+$/

  const alone = await sandbox.cli(show)
  expect(alone).toMatchObject({ code: 0, stdout: expect.stringMatching(lane) })
  await sandbox.expectNothingLeft()

  await sandbox.cli(['up'])
  const attached = await sandbox.cli(show)
  expect(attached).toMatchObject({ code: 0, stdout: expect.stringMatching(lane), stderr: '' })

  const codes = await Promise.all([
    sandbox.cli(['exec', '--', 'sh', '-c', 'exit 7']),
    sandbox.cli(['exec', '--', 'sh', '-c', 'kill -9 $$']),
    sandbox.cli(['exec', '--', 'no-such-program']),
    sandbox.cli(['exec', 'sh', '-c', 'echo "$@"', 'sh', '--root', 'x']),
    sandbox.cli(['exec', 'sh', '-c', 'env | grep -E "^PG(HOST|SERV)"'], { env: elsewhere }),
  ])
  expect(codes.map(({ code }) => code)).toEqual([7, 137, 127, 0, 0])
  expect(codes[2]?.stderr).toMatch(/^isolane: no-such-program could not be started: .*ENOENT/)
  expect(codes[3]?.stdout).toBe('--root x')
  expect(codes[4]?.stdout).toBe('PGHOST=127.0.0.1')
  await sandbox.cli(['down'])
  await sandbox.expectNothingLeft()
})

test('exec passes signals on, and gives the lane back', async () => {
  await using sandbox = new Sandbox({ files: postgresProject() })
  await sandbox.cli(['up'])
  const trap = 'trap "echo caught; exit 9" TERM; echo running; while :; do sleep 0.01; done'
  const program = sandbox.start(['exec', '--', 'sh', '-c', trap])
  await program.says(/running/)
  const held = await sandbox.cli(['status'])
  expect(held.stdout).toMatch(/leased +isolane exec sh, pid \d+/)
  program.signal('SIGTERM')
  expect(await program.ended).toEqual({ code: 9, signal: null })
  expect(program.output).toContain('caught')

  const untrapped = sandbox.start(['exec', '--', 'sh', '-c', 'echo running; exec sleep 60'])
  await untrapped.says(/running/)
  untrapped.signal('SIGTERM')
  expect(await untrapped.ended).toEqual({ code: 143, signal: null })

  await expect.poll(async () => (await sandbox.cli(['status'])).stdout).not.toContain('leased ')
  await sandbox.cli(['down'])
  await sandbox.expectNothingLeft()
})

test('exec that is called off before its stack is there unwinds it and exits as the signal says', async () => {
  await using sandbox = new Sandbox({
    files: {
      ...postgresProject(
        "seed: async () => { console.log('seeding'); await new Promise((done) => setTimeout(done, 60_000)) }",
      ),
    },
  })
  const program = sandbox.start(['exec', '--', 'echo', 'never'])
  await program.says(/seeding/)
  program.signal('SIGINT')
  expect((await program.ended).code).toBe(130)
  expect(program.output).not.toContain('never')
  await sandbox.expectNothingLeft()
})
