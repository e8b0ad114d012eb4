/** One thing worth telling while Isolane works. */
export interface ReportEvent {
  readonly kind: 'progress' | 'done' | 'info' | 'warning'
  /** What it is about: a service's name, `engine`, `stack`. */
  readonly subject: string
  readonly text: string
  /** Milliseconds, where the event ends something that took time. */
  readonly duration?: number
}

/** Where events go. Never throws, never blocks. */
export type Report = (event: ReportEvent) => void

export const silent: Report = () => {}

/** Plain lines on standard error: what CI and runners show. Progress is left to terminals. */
export const plainLines: Report = (event) => {
  if (event.kind === 'progress') return
  const took = event.duration === undefined ? '' : ` (${Math.round(event.duration)} ms)`
  process.stderr.write(`isolane ${event.subject}: ${event.text}${took}\n`)
}
