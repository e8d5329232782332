#!/usr/bin/env bash
# Makes .venv hold exactly what a lock file names: `environment.sh run` or `environment.sh dev`.
source "$(dirname "$0")/common.sh"

kind="$1"
# An environment that has the test tools keeps them: dev.lock contains run.lock.
[ ! -f .venv/stamps/dev ] || kind=dev
lock="requirements/$kind.lock"

# Scripts in .venv/bin name their own folder, so a moved or copied tree starts anew.
if ! "$VENV_PYTHON" -c '' 2>/dev/null || ! is_stamped .venv/stamps/folder "$PWD"; then
    python=$(find_python)
    say "Tạo môi trường Python trong .venv ($("$python" --version)) …"
    rm -rf .venv
    "$python" -m venv .venv
    # Lets every program of the environment find the project; relative, from site-packages.
    "$VENV_PYTHON" - <<'PYTHON'
import os
import sysconfig
from pathlib import Path

packages = Path(sysconfig.get_path("purelib"))
(packages / "povertyplan.pth").write_text(os.path.relpath(Path.cwd(), packages) + "\n")
PYTHON
    stamp .venv/stamps/folder "$PWD"
fi

wanted="$(sha256sum <"$lock")"
if is_stamped ".venv/stamps/$kind" "$wanted"; then
    exit
fi

# uv installs in a quarter of pip's time, and is itself installed by hash first. It does not read
# pip's settings, so pip's package index is handed on, and pip does the work where uv cannot.
install_with_uv() {
    local uv_lock=.venv/stamps/uv.lock index
    awk '/^[A-Za-z0-9]/ { wanted = /^uv==/ } wanted' "$lock" >"$uv_lock"
    .venv/bin/pip install --quiet --require-hashes -r "$uv_lock" || return
    index=$(.venv/bin/pip config get global.index-url 2>/dev/null || true)
    [ -z "$index" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$index}"
    .venv/bin/uv pip sync --quiet --python "$VENV_PYTHON" --require-hashes "$lock"
}

say "Cài các gói Python ghi trong $lock …"
install_with_uv ||
    .venv/bin/pip install --quiet --require-hashes -r "$lock" ||
    die "Không cài được các gói Python; hãy kiểm tra kết nối mạng (hoặc máy chủ gói nội bộ trong cấu hình pip) rồi chạy lại."
stamp ".venv/stamps/$kind" "$wanted"
