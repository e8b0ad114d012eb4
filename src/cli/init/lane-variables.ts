import type { ServiceKind } from './services.ts'

const names: Readonly<Record<ServiceKind, readonly string[]>> = {
  postgres: ['DATABASE_URL', 'PGHOST', 'PGPORT', 'PGUSER', 'PGPASSWORD', 'PGDATABASE'],
  redis: ['REDIS_URL', 'REDIS_HOST', 'REDIS_PORT', 'REDIS_DB', 'REDIS_USERNAME', 'REDIS_PASSWORD'],
  neo4j: ['NEO4J_URI', 'NEO4J_USER', 'NEO4J_USERNAME', 'NEO4J_PASSWORD', 'NEO4J_DATABASE'],
}

/** The variables that a lane of these services sets, and nobody else should. */
export function laneVariables(services: readonly ServiceKind[]): string[] {
  return services.flatMap((kind) => names[kind])
}
