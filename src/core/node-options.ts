/** Of `NODE_OPTIONS`, what Yarn's Plug'n'Play put there. */
const plugAndPlay = /--(?:require|import|loader|experimental-loader)[ =](?:"[^"]*\.pnp\.[\w.]+"|[^\s"]*\.pnp\.[\w.]+)/g

/**
 * The `NODE_OPTIONS` for a program of our own: what debuggers and loaders were asked for is meant for the runner; how
 * packages are found is not.
 */
export function nodeOptionsForPrograms(given = process.env.NODE_OPTIONS ?? ''): string {
  return given.match(plugAndPlay)?.join(' ') ?? ''
}
