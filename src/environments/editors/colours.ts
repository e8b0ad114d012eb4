import { isProduction } from '../../core/environment-names.ts'
import type { EnvironmentStatus } from '../../core/environment-status.ts'

/** How an environment is told from others at a glance. */
export interface Colour {
  /** For settings that take any colour. */
  readonly hex: string
  /** One of the editor's own theme. */
  readonly theme: string
}

const green: Colour = { hex: '#2e7d32', theme: 'terminal.ansiGreen' }
const blue: Colour = { hex: '#1565c0', theme: 'terminal.ansiBlue' }
const yellow: Colour = { hex: '#f9a825', theme: 'terminal.ansiYellow' }
const red: Colour = { hex: '#c62828', theme: 'terminal.ansiRed' }

/** Green may be played with, blue is for tests, yellow is to be spared, and red is production. */
export function colourOf({ name, protected: isProtected, lanes }: EnvironmentStatus): Colour {
  if (isProduction(name)) return red
  return isProtected ? yellow : lanes ? blue : green
}
