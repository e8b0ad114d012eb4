/** For every Java. Many short-lived small databases: compile quickly and collect garbage in one thread. */
export const jvmFlags = [
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xlog:disable',
  '-Dfile.encoding=UTF-8',
  '--add-opens=java.base/java.nio=ALL-UNNAMED',
  '--add-opens=java.base/java.io=ALL-UNNAMED',
  '--add-opens=java.base/sun.nio.ch=ALL-UNNAMED',
] as const

/** What Neo4j 4.4 wants to reach besides, on a Java that is newer than its own. */
export const moreFor44 = ['--add-opens=java.base/java.lang=ALL-UNNAMED'] as const
