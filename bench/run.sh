#!/usr/bin/env bash
# `make bench`: measures the recompute at the size of the whole country. Makes the data once, in a
# PostgreSQL of its own in var/bench (BENCH_DIR: elsewhere), or on the server that
# BENCH_DATABASE_URL names, where it makes databases povertyplan_bench_NN.
# BENCH_PROVINCES=5 tries it out on a smaller country.
source "$(dirname "$0")/../tooling/common.sh"
source tooling/services.sh

BENCH_DIR="${BENCH_DIR:-$PWD/var/bench}"
cluster="$BENCH_DIR/postgres/cluster"

# Those that only the comparison needs come on top of what is there.
install_engines() {
    local wanted index
    wanted="$(sha256sum <requirements/bench.lock)"
    if is_stamped .venv/stamps/bench "$wanted" && "$VENV_PYTHON" -c 'import duckdb, polars' 2>/dev/null; then
        return
    fi
    say "Cài DuckDB và Polars để so sánh …"
    index=$(.venv/bin/pip config get global.index-url 2>/dev/null || true)
    [ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
    uv pip install --quiet --python "$VENV_PYTHON" --require-hashes -r requirements/bench.lock ||
        die "Không cài được requirements/bench.lock; hãy kiểm tra kết nối mạng rồi chạy lại."
    stamp .venv/stamps/bench "$wanted"
}

memory_mb() { awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo; }

# As root the server runs as another account, which must get to its folder and no further.
make_cluster() {
    local part
    mkdir -p "$BENCH_DIR/postgres"
    if [ "$(id -u)" = 0 ]; then
        for part in "$(dirname "$BENCH_DIR")" "$BENCH_DIR"; do
            as_postgres test -x "$part" || { chgrp postgres "$part" && chmod g+x "$part"; }
        done
        chown postgres: "$BENCH_DIR/postgres"
        as_postgres test -w "$BENCH_DIR/postgres" ||
            die "Tài khoản postgres không vào được $BENCH_DIR; đặt BENCH_DIR=/thư/mục/khác rồi chạy lại."
    fi
    [ -f "$cluster/PG_VERSION" ] ||
        as_postgres "$(postgres_bin)/initdb" -D "$cluster" -U postgres -A trust -E UTF8 --locale=C.UTF-8 >/dev/null
}

# As a production server keeps its data: what is committed is on the disk.
start_cluster() {
    local port buffers
    port=$(free_port)
    buffers=$(($(memory_mb) >= 8000 ? 2048 : $(memory_mb) / 4))
    as_postgres "$(postgres_bin)/pg_ctl" -D "$cluster" -w -s -l "$BENCH_DIR/postgres/log" start -o "-p $port \
        -k $BENCH_DIR/postgres -c listen_addresses=127.0.0.1 -c fsync=on -c synchronous_commit=on \
        -c full_page_writes=on -c shared_buffers=${buffers}MB -c jit=off -c max_wal_size=4GB \
        -c checkpoint_timeout=15min"
    export DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
}

stop_cluster() {
    [ -z "${started:-}" ] || as_postgres "$(postgres_bin)/pg_ctl" -D "$cluster" -m fast -s stop || true
}

tooling/environment.sh run
install_engines
mkdir -p "$BENCH_DIR/files" build/static
if [ -n "${BENCH_DATABASE_URL:-}" ]; then
    export DATABASE_URL="$BENCH_DATABASE_URL"
else
    [ -n "$(postgres_bin)" ] ||
        die "Cần PostgreSQL 14 trở lên (Debian: apt-get install postgresql), hoặc đặt BENCH_DATABASE_URL=postgres://…"
    make_cluster
    trap stop_cluster EXIT
    trap 'exit 130' INT TERM
    started=1
    start_cluster
fi

unset CELERY_BROKER_URL DEBUG
export DJANGO_SETTINGS_MODULE=bench.settings VAR_DIR="$BENCH_DIR/files" LOG_LEVEL=WARNING
export DEMO_MODE=1 HTTPS=0 PLAIN_STATIC=1
SECRET_KEY="$("$VENV_PYTHON" -c 'import secrets; print(secrets.token_urlsafe(50))')"
export SECRET_KEY
"$VENV_PYTHON" -m bench
