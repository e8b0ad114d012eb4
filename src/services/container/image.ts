/** The parts of `registry:5000/qdrant/qdrant:v1.15@sha256:…`: `qdrant`, and `v1.15`. */
export function imageParts(image: string): { readonly name: string; readonly tag: string } {
  const [path = '', digest] = image.split('@')
  const last = path.slice(path.lastIndexOf('/') + 1)
  const [name = last, tag] = last.split(':')
  return { name, tag: tag ?? digest?.slice(0, 'sha256:'.length + 12) ?? 'latest' }
}
