#!/bin/bash
# Initialises an empty data folder through a temporary server that only local sockets reach, then serves.
set -euo pipefail

[ "${1:0:1}" = '-' ] && set -- postgres "$@"
[ "$1" = postgres ] || exec "$@"

if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA"
  chown -R postgres:postgres "$PGDATA"
  chmod 700 "$PGDATA"
  exec setpriv --reuid=postgres --regid=postgres --init-groups "$0" "$@"
fi

# NAME, or what the file named by NAME_FILE holds.
value_of() {
  local file="${1}_FILE"
  if [ -n "${!file:-}" ]; then cat "${!file}"; else printf %s "${!1:-$2}"; fi
}

user=$(value_of POSTGRES_USER postgres)
password=$(value_of POSTGRES_PASSWORD '')
database=$(value_of POSTGRES_DB "$user")
method=${POSTGRES_HOST_AUTH_METHOD:-scram-sha-256}
run_sql() { psql --no-psqlrc -v ON_ERROR_STOP=1 --no-password --username "$user" "$@"; }

initialise() {
  if [ -z "$password" ] && [ "$method" != trust ]; then
    echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
    exit 1
  fi
  mkdir -p "$PGDATA"
  chmod 700 "$PGDATA"
  eval 'initdb --username="$user" --pwfile=<(printf "%s\n" "$password") '"${POSTGRES_INITDB_ARGS:-}"
  printf '\nhost all all all %s\n' "$method" >> "$PGDATA/pg_hba.conf"
  # As in the official image: on every interface.
  printf "listen_addresses = '*'\nunix_socket_directories = '/var/run/postgresql'\n" >> "$PGDATA/postgresql.conf"

  pg_ctl -D "$PGDATA" -o "$(printf '%q ' "${@:2}" -c listen_addresses= -p 5432)" -w start
  export PGHOST=/var/run/postgresql PGPASSWORD=$password
  if [ "$database" != postgres ]; then run_sql --dbname postgres -v name="$database" <<< 'CREATE DATABASE :"name";'; fi
  for file in /docker-entrypoint-initdb.d/*; do
    case $file in
      *.sh) if [ -x "$file" ]; then "$file"; else . "$file"; fi ;;
      *.sql) run_sql --dbname "$database" --file "$file" ;;
      *.sql.gz) gunzip --stdout "$file" | run_sql --dbname "$database" ;;
    esac
  done
  pg_ctl -D "$PGDATA" -m fast -w stop
  unset PGHOST PGPASSWORD
  printf '\nPostgreSQL init process complete; ready for start up.\n\n'
}

if [ ! -s "$PGDATA/PG_VERSION" ]; then initialise "$@"; fi
exec "$@"
