#!/usr/bin/env bash
# Bundles static/src into build/assets with the Node that came with .venv.
source "$(dirname "$0")/common.sh"

# What only tests need comes with the tools of an environment for them.
only=(--omit=dev)
[ ! -f .venv/stamps/dev ] || only=()
packages="$(hash_of package.json package-lock.json .npmrc) ${only[*]}"
if ! is_stamped node_modules/.stamp "$packages"; then
    say "Cài các gói giao diện …"
    npm ci --silent "${only[@]}" || die "Không cài được các gói giao diện (npm ci); hãy kiểm tra kết nối mạng rồi chạy lại."
    stamp node_modules/.stamp "$packages"
fi

sources="$packages $(hash_of static/src)"
if ! is_stamped build/stamps/assets "$sources" || [ ! -d build/assets ]; then
    say "Đóng gói giao diện …"
    # Built aside, so that a failure leaves what was there.
    rm -rf build/assets.new
    npm run --silent build -- --outdir=build/assets.new --log-level=warning
    rm -rf build/assets
    mv build/assets.new build/assets
    stamp build/stamps/assets "$sources"
fi

words=$(hash_of locale/*/LC_MESSAGES/django.po)
if ! is_stamped build/stamps/words "$words" || [ ! -f locale/en/LC_MESSAGES/django.mo ]; then
    "$VENV_PYTHON" -m tooling.messages pack
    stamp build/stamps/words "$words"
fi
