/** Imported first: an older Node would fail on something that says nothing to its user. */
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

/** As `engines` in package.json says it. */
export const supportedNode = '^22.22.0 || ^24.0.0 || >=26.0.0'

export const isNodeSupported = (major === 22 && minor >= 22) || major === 24 || major >= 26

if (major < 22) {
  process.stderr.write(`isolane: Node ${process.versions.node} is too old: install one that fits ${supportedNode}\n`)
  process.exit(1)
}
