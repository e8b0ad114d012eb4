import { execa } from 'execa'

/** Runs one program of the project in this terminal; `false` when it failed. */
export async function run(program: string, ...rest: string[]): Promise<boolean> {
  console.log(`\n> ${program} ${rest.join(' ')}`)
  const result = await execa(program, rest, { stdio: 'inherit', preferLocal: true, reject: false })
  return !result.failed
}
