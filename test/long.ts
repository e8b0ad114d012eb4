/**
 * Why a test that takes long is left out here; empty on CI, where every test runs. It belongs into the test's name, so
 * that the list of skipped tests tells it.
 */
export const long = process.env.ISOLANE_TEST_LONG ? '' : ' [takes long: runs on CI, and with CI=true]'

/** Of a matrix, the first runs everywhere and the others where there is time. */
export function longMatrix<Case>(cases: readonly Case[]): readonly { readonly value: Case; readonly why: string }[] {
  return cases.map((value, index) => ({ value, why: index === 0 ? '' : long }))
}
