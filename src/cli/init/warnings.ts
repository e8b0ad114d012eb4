import { type Dirent, readdirSync, readFileSync, statSync } from 'node:fs'
import { extname, join, relative, sep } from 'node:path'

const extensions = ['.js', '.mjs', '.cjs', '.jsx', '.ts', '.mts', '.cts', '.tsx']
const skipped = /^(node_modules|dist|build|out|coverage|vendor|\..*)$/
/** Enough for any package; a folder with more was hardly meant. */
const mostFiles = 5_000
const mostBytes = 200_000

/** Files that belong to tests, by their names. */
const ofTests = /test|spec|setup|set-up|jest|e2e/i

/** Code of the project that gets in the lanes' way, or does what they make needless. */
export function warnings(root: string, variables: readonly string[]): string[] {
  const names = variables.join('|')
  const assignment = new RegExp(String.raw`process\.env(?:\.|\[\s*['"])(${names})(?:['"]\s*\])?\s*=(?!=)`)
  return sourceFiles(root).flatMap((file) => {
    const text = readFileSync(file, 'utf8')
    const name = relative(root, file).split(sep).join('/')
    const set = assignment.exec(text)?.[1]
    const found = [
      ...(set ? [`it sets ${set}, in the place of the lane's; take that out, or keep what is set already`] : []),
      ...(/dotenv.*\boverride\s*:\s*true/s.test(text)
        ? [
            "dotenv with `override: true` puts the .env file's addresses in the place of the lane's; leave `override` out",
          ]
        : []),
      ...(ofTests.test(name) ? needless.filter(([pattern]) => pattern.test(text)).map(([, what]) => what) : []),
    ]
    return found.map((what) => `${name}: ${what}`)
  })
}

const needless: readonly (readonly [RegExp, string])[] = [
  [
    /prisma['", ]+(migrate|db['", ]+push)\b|drizzle-kit['", ]+(migrate|push)\b|knex['", ]+migrate:|\bmigrate\.latest\(/,
    'it migrates a database; lanes come with their schema, so take that out',
  ],
  [/['"](@testcontainers\/[\w-]+|testcontainers)['"]/, "it starts containers; Isolane's servers do without them"],
]

/** None of a folder that may not be read: some container's data, as a rule. */
function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return []
  }
}

function sourceFiles(root: string): string[] {
  const found: string[] = []
  const folders = [root]
  for (let folder = folders.pop(); folder !== undefined && found.length < mostFiles; folder = folders.pop()) {
    for (const entry of entriesOf(folder)) {
      const path = join(folder, entry.name)
      if (entry.isDirectory() && !skipped.test(entry.name)) folders.push(path)
      else if (entry.isFile() && extensions.includes(extname(entry.name)) && statSync(path).size <= mostBytes)
        found.push(path)
    }
  }
  return found.sort()
}
