#!/bin/bash
# Turns NEO4J_… variables into settings, sets the first password, then serves. Other commands run as they are.
set -euo pipefail

drop=()
if [ "$(id -u)" = 0 ]; then
  drop=(setpriv --reuid=neo4j --regid=neo4j --clear-groups)
  chown -R neo4j:neo4j /data /logs
fi
[ "$1" = neo4j ] || exec "${drop[@]}" "$@"

settings=$NEO4J_HOME/conf/neo4j.conf
{
  echo server.default_listen_address=0.0.0.0
  # NEO4J_server_memory_heap_max__size is server.memory.heap.max_size.
  for name in $(compgen -e NEO4J_); do
    case $name in NEO4J_AUTH | NEO4J_HOME | NEO4J_EDITION | NEO4J_ACCEPT_* | NEO4J_PLUGINS | NEO4JLABS_PLUGINS) continue ;; esac
    setting=${name#NEO4J_}
    setting=${setting//__/%}
    setting=${setting//_/.}
    printf '%s=%s\n' "${setting//%/_}" "${!name}"
  done
  if [ "${NEO4J_AUTH:-}" = none ]; then echo dbms.security.auth_enabled=false; fi
} > "$settings"

java=(java -cp "$NEO4J_HOME/lib/*" "-Djava.awt.headless=true"
  --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED
  --add-opens=java.base/sun.nio.ch=ALL-UNNAMED)
if [ -n "${NEO4J_AUTH:-}" ] && [ "$NEO4J_AUTH" != none ]; then
  NEO4J_CONF=$NEO4J_HOME/conf "${drop[@]}" "${java[@]}" -XX:TieredStopAtLevel=1 \
    org.neo4j.cli.AdminTool dbms set-initial-password "${NEO4J_AUTH#*/}"
fi
memory=()
while IFS== read -r name value; do
  case $name in
    server.memory.heap.initial_size) memory+=("-Xms$value") ;;
    server.memory.heap.max_size) memory+=("-Xmx$value") ;;
  esac
done < "$settings"
exec "${drop[@]}" "${java[@]}" "${memory[@]}" org.neo4j.server.CommunityEntryPoint \
  --home-dir="$NEO4J_HOME" --config-dir="$NEO4J_HOME/conf" --console-mode
