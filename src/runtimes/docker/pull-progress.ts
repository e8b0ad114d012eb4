/** What an engine tells while it pulls. */
export interface PullEvent {
  readonly id?: string
  readonly status?: string
  readonly error?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
}

/** The share of what is known to be downloaded, told when it has grown by a whole percent. */
export class PullProgress {
  readonly #layers = new Map<string, { readonly current: number; readonly total: number }>()
  readonly #tell: (share: number) => void
  #told = 0

  constructor(tell: (share: number) => void) {
    this.#tell = tell
  }

  add({ id, status, progressDetail }: PullEvent): void {
    const { current, total } = progressDetail ?? {}
    if (status !== 'Downloading' || !id || current === undefined || total === undefined) return
    this.#layers.set(id, { current, total })
    const layers = [...this.#layers.values()]
    const sum = (of: 'current' | 'total') => layers.reduce((amount, layer) => amount + layer[of], 0)
    const share = Math.floor((100 * sum('current')) / sum('total'))
    if (share <= this.#told) return
    this.#told = share
    this.#tell(share)
  }
}
