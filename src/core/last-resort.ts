type Act = () => void

const acts = new Set<Act>()
let installed = false
/** Known to other copies of this module in the same process. */
const mark = Symbol.for('isolane.last-resort')

/**
 * Has `act` called when the process ends without tear-down: when it exits, or gets a signal that nobody else answers.
 * Nothing may be awaited there. SIGKILL gets past this. Returns what takes it back.
 */
export function atLastResort(act: Act): () => void {
  if (!installed) install()
  acts.add(act)
  return () => acts.delete(act)
}

function install(): void {
  installed = true
  // First of all: Vitest 3's own handler exits again at once, and those after it are never called.
  process.prependListener('exit', actAll)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const handler = () => {
      // Whoever else listens decides what the signal means. Alone, we do what would have happened without us.
      const others = process.listeners(signal).filter((listener) => !(mark in listener))
      if (others.length > bystanders()) return
      actAll()
      process.off(signal, handler)
      process.kill(process.pid, signal)
    }
    process.on(signal, Object.assign(handler, { [mark]: true }))
  }
}

/** Listeners of the package `signal-exit`, in whatever version: they too only act when nobody else decides. */
function bystanders(): number {
  const emitters = process as unknown as Record<PropertyKey, { readonly count?: number } | undefined>
  const keys = ['__signal_exit_emitter__', Symbol.for('signal-exit emitter')]
  return keys.reduce((sum, key) => sum + (emitters[key]?.count ?? 0), 0)
}

function actAll(): void {
  for (const act of acts) {
    acts.delete(act)
    act()
  }
}
