import { parseUrl } from '../attached/url.ts'
import { type Client, connect } from '../client.ts'

/** Connects to a database as whom a URL names, with no settings but the server's, and ends that. */
export async function inDatabase<Result>(
  url: string,
  database: string,
  act: (client: Client) => Promise<Result>,
): Promise<Result> {
  const { host, port, user, password } = parseUrl(url)
  const client = await connect({ host, port, user, password }, database, {})
  try {
    return await act(client)
  } finally {
    await client.end()
  }
}
