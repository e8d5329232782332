#!/usr/bin/env bash
# `make run`: from a bare clone to a served demo; a second run only starts what is there.
source "$(dirname "$0")/common.sh"

tooling/preflight.sh
tooling/environment.sh run
tooling/assets.sh

export PORT="${PORT:-8000}"
export VAR_DIR="${VAR_DIR:-$PWD/var}"
export DEMO_MODE="${DEMO_MODE:-1}"
export LOG_LEVEL="${LOG_LEVEL:-WARNING}"
umask 077 # what the demo keeps (database, key, accounts) is nobody else's to read
mkdir -p "$VAR_DIR"

# Read by the settings: the key is kept between runs, so that people stay signed in, and manage.py
# works in this clone without a variable set.
if [ ! -s "$VAR_DIR/env" ]; then
    (umask 077 && "$VENV_PYTHON" -c 'import secrets; print(f"SECRET_KEY={secrets.token_urlsafe(50)}\nDEMO_MODE=1")' >"$VAR_DIR/env")
fi

manage() { "$VENV_PYTHON" manage.py "$@"; }

static_files="$(hash_of static/public build/assets requirements/run.lock)"
if ! is_stamped build/stamps/static "$static_files"; then
    say "Gom các tệp tĩnh …"
    manage collectstatic --noinput --clear --verbosity 0
    stamp build/stamps/static "$static_files"
fi

# What is loaded belongs to one database: without it the stamp says nothing.
loaded="$VAR_DIR/stamps/loaded"
if [ -z "${DATABASE_URL:-}" ] && [ ! -s "$VAR_DIR/povertyplan.sqlite3" ]; then
    rm -f "$loaded"
fi

say "Chuẩn bị cơ sở dữ liệu …"
manage migrate --noinput --verbosity 0

accounts="$VAR_DIR/demo_accounts.txt"
catalogue="$(hash_of communes/data indicators/data plans/data reports/data ./*/management ./*/migrations) ${DATABASE_URL:-} ${DEMO_PASSWORD:-} $DEMO_MODE"
catalogue="$(printf '%s' "$catalogue" | sha256sum | cut -d' ' -f1)" # the password stays out of the stamp
if ! is_stamped "$loaded" "$catalogue"; then
    say "Nạp danh mục và kế hoạch …"
    manage load_catalogue
    rm -f "$accounts"
    if [[ ${DEMO_MODE,,} =~ ^(1|true|yes|y|ok|on)$ ]]; then # what the settings take for yes
        say "Nạp dữ liệu trình diễn …"
        (umask 077 && manage load_demo >"$accounts")
    fi
    stamp "$loaded" "$catalogue"
fi
# What an upgrade or a stop has left waiting: nothing else sweeps in the embedded mode.
manage recompute_rollups --waiting >/dev/null
[ ! -f "$accounts" ] || cat "$accounts"

# One process: the embedded mode computes in it and keeps its cache in it.
exec .venv/bin/gunicorn povertyplan.wsgi:application \
    --config tooling/gunicorn_run.py --bind "127.0.0.1:$PORT" \
    --workers 1 --threads 8 --no-control-socket
