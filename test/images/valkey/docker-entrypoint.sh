#!/bin/sh
set -e
case $1 in -* | *.conf) set -- valkey-server "$@" ;; esac
if [ "$1" = valkey-server ]; then
  # As the official image is compiled: outsiders need no password when none is set.
  set -- "$@" --protected-mode no
  if [ "$(id -u)" = 0 ]; then
    find . ! -user valkey -exec chown valkey '{}' +
    set -- setpriv --reuid=valkey --regid=valkey --clear-groups "$@"
  fi
fi
umask 0077
exec "$@"
