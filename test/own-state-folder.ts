/** Each test file has a state folder of its own: what one of them kills, no other one's run sweeps away. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

process.env.ISOLANE_STATE_DIR = mkdtempSync(join(tmpdir(), 'isolane-state-'))
