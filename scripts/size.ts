/** `npm run size`: what installing the built package costs. */
import { installedSize } from './package/size.ts'

const kilobytes = (bytes: number) => `${Math.round(bytes / 1_000).toLocaleString('en')} kB`

const { packed, unpacked, dependencies, total } = await installedSize()
const rows = dependencies.map(({ name, version, size }) => [`${name}@${version}`, kilobytes(size)] as const)
const width = Math.max(...rows.map(([name]) => name.length))
for (const [name, size] of rows) console.log(`${name.padEnd(width)}  ${size.padStart(9)}`)
console.log(`\nisolane: ${kilobytes(packed)} packed, ${kilobytes(unpacked)} unpacked.`)
console.log(`An installation: ${dependencies.length + 1} packages, ${kilobytes(total)}.`)
