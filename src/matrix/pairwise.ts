/**
 * Some of the combinations, so that every two values of two axes that meet in any combination meet in one of those: each time
 * the first of those that bring the most new meetings.
 * @param combinations all that there may be, each with one value on each axis
 * @returns in the order in which they were given
 */
export function pairwise<Value>(combinations: readonly (readonly Value[])[]): readonly number[] {
  const meetings = combinations.map(meetingsOf)
  const missing = new Set(meetings.flat())
  const chosen: number[] = []
  while (missing.size > 0) {
    const news = meetings.map((all) => all.filter((meeting) => missing.has(meeting)).length)
    const best = news.indexOf(Math.max(...news))
    chosen.push(best)
    for (const meeting of meetings[best] ?? []) missing.delete(meeting)
  }
  return chosen.sort((left, right) => left - right)
}

/** Of each value with each other one, and with itself: of a single axis every value is wanted too. */
function meetingsOf<Value>(combination: readonly Value[]): readonly string[] {
  return combination.flatMap((value, axis) =>
    combination.slice(axis).map((other, distance) => JSON.stringify([axis, value, axis + distance, other])),
  )
}
