import type { ContainerSpec, SpecContext } from '../../core/contracts.ts'
import { IsolaneError } from '../../core/errors.ts'
import { versionedImage } from '../../core/image-version.ts'
import { user } from './lane.ts'
import { defaultVersion, type Neo4jOptions } from './options.ts'
import { containerPlugins } from './plugins.ts'

/** @throws ISOLANE_OPTION_INVALID unless the user has accepted the licence of Enterprise */
export function serverContainer(options: Neo4jOptions, context: SpecContext): ContainerSpec {
  const image = versionedImage(options.image ?? 'neo4j:{version}-enterprise', options.version ?? defaultVersion)
  const accepted = options.acceptLicense ?? context.environment?.NEO4J_ACCEPT_LICENSE_AGREEMENT
  if (/enterprise/i.test(image) && accepted !== 'yes' && accepted !== 'eval') throw licenceNotAccepted(image)
  const plugins = containerPlugins(options, context.root)
  const copied = Object.keys(plugins.files).length > 0
  return {
    image,
    ports: { bolt: 7687, http: 7474 },
    environment: {
      NEO4J_AUTH: `${user}/{password}`,
      ...(accepted ? { NEO4J_ACCEPT_LICENSE_AGREEMENT: accepted } : {}),
      // The image grants it to plugins that it provides itself.
      ...(copied ? { NEO4J_dbms_security_procedures_unrestricted: '*' } : {}),
      ...plugins.environment,
    },
    ...(copied ? { files: plugins.files } : {}),
    data: ['/data'],
    ready: { line: 'Started.' },
  }
}

function licenceNotAccepted(image: string): IsolaneError {
  return new IsolaneError({
    code: 'ISOLANE_OPTION_INVALID',
    message: `neo4j: ${image} is Neo4j Enterprise, whose licence only you can accept`,
    remedy:
      'read https://neo4j.com/terms/licensing and set NEO4J_ACCEPT_LICENSE_AGREEMENT=yes (or =eval to try it), or leave `image` out: Community has a lane for every worker too',
  })
}
