import { chmodSync, existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { execa } from 'execa'
import { expect, test } from 'vitest'
import { initialised, packageJson } from './init-project.ts'
import { packageFolder, readText, Sandbox } from './sandbox.ts'

const shop = {
  'package.json': packageJson({ test: 'vitest run --no-file-parallelism' }, ['isolane', 'vitest', 'pg', 'ioredis'], {
    type: 'module',
  }),
  'tsconfig.json': '{}\n',
  'vitest.config.ts': `import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    // One database for everybody.
    fileParallelism: false,
    globals: true,
  },
})
`,
  'migrations/001_books.sql': 'CREATE TABLE book (id int);\n',
  'compose.yaml': 'services:\n  db:\n    image: postgres:16-alpine\n',
}

const found =
  'Found: vitest; postgres (compose.yaml (postgres:16-alpine), the package pg); redis (the package ioredis); migrations by plain SQL'

const shopPatch = `--- /dev/null
+++ b/isolane.config.ts
@@ -0,0 +1,16 @@
+import { defineStack, postgres, redis } from 'isolane'
+
+const stack = defineStack({
+  services: {
+    postgres: postgres({ version: '16', migrations: './migrations' }),
+    redis: redis(),
+  },
+})
+
+declare module 'isolane' {
+  interface Register {
+    stack: typeof stack
+  }
+}
+
+export default stack
--- a/package.json
+++ b/package.json
@@ -1,7 +1,9 @@
 {
   "name": "shop",
   "scripts": {
-    "test": "vitest run --no-file-parallelism"
+    "test": "vitest run",
+    "isolane:up": "isolane up",
+    "isolane:down": "isolane down"
   },
   "devDependencies": {
     "isolane": "*",
--- a/vitest.config.ts
+++ b/vitest.config.ts
@@ -1,9 +1,9 @@
+import { isolane } from 'isolane/vitest'
 import { defineConfig } from 'vitest/config'
 
 export default defineConfig({
+  plugins: [isolane()],
   test: {
-    // One database for everybody.
-    fileParallelism: false,
     globals: true,
   },
 })`

const written = ['isolane.config.ts', 'package.json', 'vitest.config.ts']

async function applyWithGit({ root, base }: Sandbox, text: string): Promise<void> {
  await execa('git', ['-c', 'core.autocrlf=false', 'apply', '-'], {
    cwd: root,
    input: text,
    env: { GIT_CEILING_DIRECTORIES: base },
  })
}

test('without a terminal it shows a patch that git can apply, writes nothing, and exits with 5', async () => {
  await using sandbox = new Sandbox({ files: shop })
  const { code, stdout, stderr } = await sandbox.cli(['init'])
  expect({ code, stderr }).toEqual({
    code: 5,
    stderr: `${found}\nNothing was written: there is no terminal to ask on; \`--yes\` writes without asking.`,
  })
  expect(stdout).toBe(shopPatch)
  for (const [name, text] of Object.entries(shop)) expect(readText(join(sandbox.root, name))).toBe(text)
  expect(existsSync(join(sandbox.root, 'isolane.config.ts'))).toBe(false)

  await using other = new Sandbox({ files: shop })
  await applyWithGit(sandbox, `${stdout}\n`)
  await other.cli(['init', '--yes'])
  for (const name of written) expect(readText(join(sandbox.root, name))).toBe(readText(join(other.root, name)))
})

test('with --yes it writes, and a second run finds nothing to do', async () => {
  const { code, stdout, stderr, read } = await initialised(shop)
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: `${found}\nWritten: isolane.config.ts, package.json, vitest.config.ts`,
  })
  expect(stdout).toBe(shopPatch)
  expect(read('compose.yaml')).toBe(shop['compose.yaml'])
})

test('it leaves no other files behind, and keeps modes and ends of lines', async () => {
  const crlf = Object.fromEntries(Object.entries(shop).map(([name, text]) => [name, text.replaceAll('\n', '\r\n')]))
  await using sandbox = new Sandbox({ files: crlf })
  chmodSync(join(sandbox.root, 'package.json'), 0o640)
  await using other = new Sandbox({ files: crlf })
  const { code, stdout } = await sandbox.cli(['init', '--yes'])
  expect({ code, patch: stdout.replaceAll('\r', '') }).toEqual({ code: 0, patch: shopPatch })
  await applyWithGit(other, `${stdout}\r\n`)
  for (const name of written) expect(readText(join(other.root, name))).toBe(readText(join(sandbox.root, name)))
  expect(readText(join(sandbox.root, 'vitest.config.ts'))).toMatch(/^([^\r\n]*\r\n)+$/)
  expect(statSync(join(sandbox.root, 'package.json')).mode & 0o777).toBe(process.platform === 'win32' ? 0o666 : 0o640)
  expect(readdirSync(sandbox.root).sort()).toEqual(
    [...Object.keys(shop), 'isolane.config.ts', 'node_modules'].map((name) => name.split('/')[0]).sort(),
  )
})

test('what it writes is a config that Isolane takes', async () => {
  await using sandbox = new Sandbox({
    files: { ...shop, 'compose.yaml': 'services:\n  db:\n    image: postgres:15\n' },
  })
  await sandbox.cli(['init', '--yes'])
  const tables = "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'"
  sandbox.write(
    'tables.mjs',
    `import pg from '${join(packageFolder, 'node_modules/pg/esm/index.mjs')}'
const client = new pg.Client(process.env.DATABASE_URL)
await client.connect()
const { rows } = await client.query("${tables}")
console.log(rows[0].string_agg, process.env.REDIS_URL.split(':')[0])
await client.end()
`,
  )
  const { code, stdout, stderr } = await sandbox.cli(['exec', '--', 'node', 'tables.mjs'])
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'book redis' })
})

test('a config that is there already is left alone', async () => {
  const mine = 'export default { services: {} }\n'
  const { code, read } = await initialised({ ...shop, 'isolane.config.js': mine })
  expect(code).toBe(0)
  expect(read('isolane.config.js')).toBe(mine)
  expect(read('isolane.config.ts')).toBeUndefined()
  expect(read('vitest.config.ts')).toContain('plugins: [isolane()]')
})

test('without a hint of a database, or without a package.json, it says so', async () => {
  await using bare = new Sandbox({ files: { 'package.json': packageJson({ test: 'vitest' }, ['vitest']) } })
  expect(await bare.cli(['init', '--yes'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /^Found: vitest\nisolane: Nothing in .* tells which database its tests use: .* \[ISOLANE_CONFIG_INVALID\]$/,
    ),
  })
  bare.remove('package.json')
  expect(await bare.cli(['init', '--yes'])).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^isolane: .* has no package\.json: run .* \[ISOLANE_OPTION_INVALID\]$/),
  })
})

test.skipIf(process.platform !== 'linux')('on a terminal it asks three questions', async () => {
  await using sandbox = new Sandbox({ files: shop })
  const answers = sandbox.start(['init'], { terminal: true })
  await answers.says(/Which services/)
  answers.type('\r')
  await answers.says(/What makes the Postgres schema/)
  answers.type('-to-come\r')
  await answers.says(/There is no \S+-to-come here\. Make the folder first/)
  answers.type('\u007f'.repeat('-to-come'.length))
  answers.type('\r')
  await answers.says(/Write these 3 files\?/)
  answers.type('n')
  expect((await answers.ended).code).toBe(5)
  expect(existsSync(join(sandbox.root, 'isolane.config.ts'))).toBe(false)

  const stopped = sandbox.start(['init'], { terminal: true })
  await stopped.says(/Which services/)
  stopped.type('\u0003')
  expect((await stopped.ended).code).toBe(5)

  const late = sandbox.start(['init'], { terminal: true })
  await late.says(/Which services/)
  late.type('\r')
  await late.says(/What makes the Postgres schema/)
  late.type('\r')
  await late.says(/Write these 3 files\?/)
  sandbox.write('package.json', shop['package.json'].replace('shop', 'books'))
  late.type('y')
  await late.says(/Nothing was written: package\.json changed in the meantime; run it again/)
  expect((await late.ended).code).toBe(5)
  expect(existsSync(join(sandbox.root, 'isolane.config.ts'))).toBe(false)

  const second = sandbox.start(['init'], { terminal: true })
  await second.says(/Which services/)
  second.type(' \r')
  await second.says(/Write these 3 files\?/)
  second.type('y')
  expect((await second.ended).code).toBe(0)
  expect(readText(join(sandbox.root, 'isolane.config.ts'))).toContain('services: {\n    redis: redis(),\n  }')
})
