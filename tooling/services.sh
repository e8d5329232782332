# PostgreSQL and Redis for the tests, private to one run; sourced by test.sh. Nothing is started
# where TEST_DATABASE_URL or TEST_REDIS_URL name servers already.

services_dir=""

free_port() {
    "$VENV_PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# PostgreSQL refuses to run as root, and cannot enter a folder that only root may read.
as_postgres() {
    if [ "$(id -u)" = 0 ]; then
        (cd / && runuser -u postgres -- "$@")
    else
        "$@"
    fi
}

postgres_bin() {
    local installed
    installed=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1 || true)
    if [ -n "$installed" ]; then
        printf '%s' "$installed"
    elif command -v initdb >/dev/null; then
        dirname "$(command -v initdb)"
    fi
}

start_postgres() {
    local bin data="$services_dir/postgres" port
    bin=$(postgres_bin)
    port=$(free_port)
    mkdir "$data"
    [ "$(id -u)" != 0 ] || chown postgres: "$data"
    as_postgres "$bin/initdb" -D "$data/cluster" -U postgres -A trust -E UTF8 --locale=C.UTF-8 -N >/dev/null
    # Nothing here outlives the run, so nothing needs to reach the disk.
    as_postgres "$bin/pg_ctl" -D "$data/cluster" -w -s -l "$data/log" start -o "-p $port -k $data \
        -c listen_addresses=127.0.0.1 -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    export TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
}

start_redis() {
    local port
    port=$(free_port)
    mkdir "$services_dir/redis"
    redis-server --port "$port" --bind 127.0.0.1 --save '' --appendonly no --daemonize yes \
        --dir "$services_dir/redis" --pidfile "$services_dir/redis/pid" --logfile "$services_dir/redis/log" >/dev/null
    until redis-cli -p "$port" ping 2>/dev/null | grep -q PONG; do sleep 0.05; done
    export TEST_REDIS_URL="redis://127.0.0.1:$port/0"
}

stop_services() {
    [ -n "$services_dir" ] || return 0
    if [ -d "$services_dir/postgres/cluster" ]; then
        as_postgres "$(postgres_bin)/pg_ctl" -D "$services_dir/postgres/cluster" -m immediate -s stop || true
    fi
    if [ -f "$services_dir/redis/pid" ]; then
        kill "$(cat "$services_dir/redis/pid")" 2>/dev/null || true
    fi
    rm -rf "$services_dir"
    services_dir=""
}

start_services() {
    services_dir=$(mktemp -d "${TMPDIR:-/tmp}/povertyplan-test.XXXXXX")
    chmod 755 "$services_dir" # the postgres account passes through it
    [ -n "${TEST_DATABASE_URL:-}" ] || start_postgres
    [ -n "${TEST_REDIS_URL:-}" ] || start_redis
}
