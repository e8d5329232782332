#!/usr/bin/env bash
# Writes the lock files anew: hashes, but no address, so that any mirror serves.
# A name upgrades one package: `tooling/lock.sh --upgrade-package django`.
source "$(dirname "$0")/common.sh"

tooling/environment.sh dev

compile() {
    uv pip compile pyproject.toml "$@" --quiet --universal --python-version 3.11 \
        --generate-hashes --no-emit-index-url --no-annotate --no-header
}

compile --extra build "$@" --output-file requirements/run.lock
# The same versions are tested, and measured, as run.
compile --extra build --extra country --extra test --extra checks "$@" \
    --constraint requirements/run.lock --output-file requirements/dev.lock
compile --extra build --extra bench "$@" \
    --constraint requirements/run.lock --output-file requirements/bench.lock
npm install --package-lock-only --silent
