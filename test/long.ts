import { isCi } from '../src/core/config-check.ts'

/**
 * Why a test that takes long is left out here; empty on CI, where every test runs. It belongs into the test's name, so
 * that the list of skipped tests tells it.
 */
export const long = isCi() ? '' : ' [takes long: runs on CI, and with CI=true]'
