import { randomBytes } from 'node:crypto'
import { execa } from 'execa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createDockerRuntime } from '../../src/runtimes/docker/index.ts'
import { lackingForDocker } from '../docker.ts'
import { long } from '../long.ts'
import { cacheSpec, docker, inspected, startOwner } from './docker-fixture.ts'
import { command, removeFolders, testContext } from './helpers.ts'

const lacking = await lackingForDocker('redis:7')
const image = `isolane-test-reaper:${randomBytes(4).toString('hex')}`
const session = 'org.testcontainers.session-id'

/** Stands in for the reaper: says that it has started, and takes what is said to it. It removes nothing. */
const standIn = [
  'FROM redis:7',
  'EXPOSE 8080',
  `ENTRYPOINT ["perl", "-e", "use IO::Socket; my $s = IO::Socket::INET->new(LocalPort => 8080, Listen => 5); $| = 1; print qq(Started\\n); while (my $c = $s->accept) { print <$c> }"]`,
  'CMD []',
].join('\n')

describe.skipIf(lacking)(`the reaper of testcontainers${lacking}`, () => {
  // Marked as a test's own, so that nobody else takes it for theirs.
  const environment = {
    RYUK_CONTAINER_IMAGE: image,
    TESTCONTAINERS_RYUK_TEST_LABEL: 'true',
    TESTCONTAINERS_RYUK_DISABLED: 'false',
  }

  beforeAll(async () => {
    await execa('docker', ['build', '--quiet', '--tag', image, '-'], { input: standIn })
  })
  afterAll(async () => {
    await docker('image', 'rm', '--force', image)
    removeFolders()
  })

  test.skipIf(long)(`is used where its image is, for all but what is to stay${long}`, async () => {
    const context = testContext()
    const owner = await startOwner(context.runsFolder, cacheSpec(), {}, environment)
    const { [session]: id } = (await inspected(owner.name, '.Config.Labels')) as Record<string, string>
    const reaper = `testcontainers-ryuk-${id}`
    expect(await inspected(reaper, '.State.Running')).toBe(true)
    const keep = `test-cache-${randomBytes(4).toString('hex')}`
    const kept = await startOwner(context.runsFolder, cacheSpec(), { keep }, environment)
    expect(await inspected(kept.name, '.Config.Labels')).not.toHaveProperty([session])
    await Promise.all([owner.killOwner(), kept.killOwner()])
    expect(await createDockerRuntime(context).sweep({ kept: true })).toHaveLength(2)
    await docker('rm', '--force', '--volumes', reaper)
    await docker('volume', 'rm', `isolane-${keep}-0`)
  })

  test.each([
    ['is left out where its image is not', { RYUK_CONTAINER_IMAGE: 'isolane.invalid/no-reaper:1' }],
    ['is left out where the user has disabled it', { ...environment, TESTCONTAINERS_RYUK_DISABLED: 'true' }],
  ])('%s', async (_, variables) => {
    const context = testContext()
    const owner = await startOwner(context.runsFolder, cacheSpec(), {}, variables)
    expect(await command(owner, 'PING')).toBe('PONG')
    expect(await inspected(owner.name, '.Config.Labels')).not.toHaveProperty([session])
    await owner.killOwner()
    expect(await createDockerRuntime(context).sweep()).toHaveLength(1)
  })
})
