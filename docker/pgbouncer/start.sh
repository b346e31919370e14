#!/bin/sh
# One pool for each login: PgBouncer asks the server for the secret of whoever comes, so that the
# ledger knows who recorded what. A user that is forced for all would make all of them one.
set -eu
password=$(cat "$POSTGRES_PASSWORD_FILE" | sed 's/"/""/g')
umask 077
printf '"%s" "%s"\n' "$POSTGRES_USER" "$password" > /tmp/users.txt
cat > /tmp/pgbouncer.ini <<END
[databases]
* = host=$POSTGRES_HOST port=5432 auth_user=$POSTGRES_USER

[pgbouncer]
listen_addr = *
listen_port = 6432
auth_type = scram-sha-256
auth_file = /tmp/users.txt
auth_query = SELECT usename, passwd FROM pg_shadow WHERE usename = \$1
pool_mode = transaction
default_pool_size = 5
max_client_conn = 200
unix_socket_dir =
END
exec pgbouncer /tmp/pgbouncer.ini
