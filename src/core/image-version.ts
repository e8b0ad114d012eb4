import { IsolaneError } from './errors.ts'

/** Stands for the version in the name of an image: `registry.example/postgres:{version}`. */
const placeholder = '{version}'

/** Whether the image's name says where the version belongs. */
export function namesVersion(image: string): boolean {
  return image.includes(placeholder)
}

/** The image's name, with the version where its place is. */
export function versionedImage(image: string, version: string): string {
  return image.replaceAll(placeholder, version)
}

/**
 * For services that are to have another version than their options say.
 * @throws ISOLANE_OPTION_INVALID where these fix it: the server at a URL has the one it has, as has an image whose name does
 * not say where the version belongs
 */
export function refuseFixedVersion(kind: string, options: { readonly url?: string; readonly image?: string }): void {
  const { url, image } = options
  if (url !== undefined) {
    throw new IsolaneError({
      code: 'ISOLANE_OPTION_INVALID',
      message: `${kind}: a server that is given by its \`url\` can't have another version`,
      remedy: 'leave `url` out of the config where versions are compared, or leave this service out of the versions',
    })
  }
  if (image === undefined || namesVersion(image)) return
  throw new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `${kind}: the image ${image} can't have another version, as its name does not say where that belongs`,
    remedy: `write it with ${placeholder}, such as ${withPlaceholder(image)}`,
  })
}

function withPlaceholder(image: string): string {
  return `${image.replace(/(?::[^:/]*)?(?:@[^@/]*)?$/, '')}:${placeholder}`
}
