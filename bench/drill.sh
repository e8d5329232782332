#!/usr/bin/env bash
# `make drill`: writers and workers at once, workers killed at random; nothing may be lost or
# counted twice. In a PostgreSQL of its own, gone afterwards. OPERATIONS, SEED: other than 10000
# and one drawn by lot.
source "$(dirname "$0")/../tooling/common.sh"
source tooling/services.sh
source tooling/system_packages.sh

tooling/environment.sh run
command -v "$(postgres_bin)/initdb" >/dev/null || install_system_packages
trap stop_services EXIT
services_dir=$(mktemp -d "${TMPDIR:-/tmp}/povertyplan-drill.XXXXXX")
chmod 755 "$services_dir" # the postgres account passes through it
start_postgres
export DATABASE_URL="$TEST_DATABASE_URL" VAR_DIR="$services_dir" SECRET_KEY=drill DEMO_MODE=1
export DJANGO_SETTINGS_MODULE=povertyplan.settings LOG_LEVEL=WARNING
unset CELERY_BROKER_URL
"$VENV_PYTHON" -m bench.drill --operations "${OPERATIONS:-10000}" ${SEED:+--seed "$SEED"}
