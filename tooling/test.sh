#!/usr/bin/env bash
# `make test`: every check, in the order in which a mistake is cheapest to find. `test.sh lint`
# stops before the tests.
source "$(dirname "$0")/common.sh"
source tooling/services.sh
source tooling/system_packages.sh

rooms=(povertyplan communes indicators plans reports)
sources=("${rooms[@]}" bench tests tooling manage.py)
began=$SECONDS

finish() {
    local status=$?
    stop_services
    if [ "$status" = 0 ]; then
        printf '\n── Đạt tất cả, %s giây\n' "$((SECONDS - began))"
    else
        printf '\n── DỪNG ở: %s (mã %s), sau %s giây\n' "${step_name:-chuẩn bị}" "$status" "$((SECONDS - began))" >&2
    fi
}
trap finish EXIT
trap 'exit 130' INT TERM

step() {
    local start=$SECONDS
    step_name="$1"
    shift
    printf '\n── %s\n' "$step_name"
    "$@"
    printf '   %s giây\n' "$((SECONDS - start))"
}

# The names that the checks and the tests read; what is set outside wins.
export_test_environment() {
    eval "$("$VENV_PYTHON" -m tooling.test_environment)"
    unset DATABASE_URL CELERY_BROKER_URL DEMO_MODE DEBUG
}

# Faults only: its formatter breaks lines where a space would show.
check_templates() {
    djlint templates --lint --quiet
}

# The real Compose binary: its Python wrapper always reports success.
compose_binary() {
    "$VENV_PYTHON" -c 'import compose, pathlib; print(pathlib.Path(compose.__file__).parent / "docker-compose")'
}

check_deployment_files() {
    POSTGRES_PASSWORD=x SECRET_KEY=x ALLOWED_HOSTS=x "$(compose_binary)" -f docker-compose.yml config -q
    check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
    hadolint Dockerfile
}

run_tests() {
    "$VENV_PYTHON" -m pytest --quiet --numprocesses "${TEST_PROCESSES:-auto}" --dist loadfile "$@"
}

# Everything that needs no other program, fast.
tests_on_sqlite() {
    run_tests -m "not worker and not postgres and not browser and not office"
}

# All again on the servers of production; browser and LibreOffice once, where it matters most.
# Counting covered lines costs two thirds more time: COVERAGE=1 asks for it.
tests_on_postgresql() {
    local counted=()
    [ -z "${COVERAGE:-}" ] || counted=(--cov --cov-report=)
    DATABASE_URL="$TEST_DATABASE_URL" run_tests "${counted[@]}"
    [ -z "${COVERAGE:-}" ] || say "   Độ phủ: $(coverage report --format=total) %"
}

lint() {
    step "Môi trường Python" tooling/environment.sh dev
    export_test_environment
    step "ruff format" ruff format --check --output-format concise "${sources[@]}"
    step "ruff check" ruff check --output-format concise "${sources[@]}"
    step "mypy" mypy
    step "lint-imports" lint-imports --no-logo
    step "djlint" check_templates
    step "Migration còn thiếu" "$VENV_PYTHON" manage.py makemigrations --check --dry-run
    step "Tệp triển khai (compose, Dockerfile)" check_deployment_files
}

mkdir -p build
if [ "${1:-all}" = lint ]; then
    lint
    exit
fi
tooling/preflight.sh tools
lint
step "Chương trình cần cho kiểm thử" install_system_packages
step "Giao diện" tooling/assets.sh
step "PostgreSQL và Redis riêng" start_services
step "pytest trên SQLite" tests_on_sqlite
step "pytest trên PostgreSQL, với worker thật" tests_on_postgresql
