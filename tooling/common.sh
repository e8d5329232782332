# Shared by the scripts of this folder; sourced, never run. Messages are Vietnamese: they are
# read by the person who typed `make`.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
export PIP_DISABLE_PIP_VERSION_CHECK=1
unset PYTHONDONTWRITEBYTECODE # compiled modules make the second start quick
export PATH="$PWD/.venv/bin:$PATH:/usr/sbin:/sbin" # runuser, for one, is in a folder not on every PATH

# A service account may have no home to keep downloads in.
if [ ! -w "${HOME:-/nonexistent}" ]; then
    export PIP_CACHE_DIR="$PWD/build/cache/pip" UV_CACHE_DIR="$PWD/build/cache/uv" npm_config_cache="$PWD/build/cache/npm"
fi

VENV_PYTHON=.venv/bin/python

say() { printf '%s\n' "$*"; }

die() {
    printf '\nLỖI: %s\n' "$*" >&2
    exit 1
}

# One hash for the names and contents of all files under the given paths.
hash_of() {
    find "$@" -type f ! -name '*.pyc' -print0 2>/dev/null | LC_ALL=C sort -z |
        xargs -0 -r sha256sum | sha256sum | cut -d' ' -f1
}

# A stamp remembers what a step was last done for, so that a second run skips it.
is_stamped() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
stamp() { mkdir -p "$(dirname "$1")" && printf '%s\n' "$2" >"$1"; }

# The first Python that runs, is new enough and can make environments.
find_python() {
    local candidate too_old="" no_venv=""
    for candidate in ${PYTHON:+"$PYTHON"} python3.11 python3.12 python3.13 python3 \
        /usr/bin/python3.11 /usr/bin/python3; do
        "$candidate" -c '' 2>/dev/null || continue
        if ! "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
            too_old=$("$candidate" -c 'import platform; print(platform.python_version())')
        elif "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            command -v "$candidate"
            return
        else
            no_venv="$candidate"
        fi
    done
    if [ -n "$no_venv" ]; then
        die "Python có rồi nhưng thiếu phần tạo môi trường riêng; hãy chạy: apt-get install python3-venv"
    fi
    die "Cần Python từ 3.11 trở lên${too_old:+ (máy này có $too_old)}; trên Debian/Ubuntu hãy chạy: apt-get install python3 python3-venv"
}

# Can this Python load a library of the system?
has_library() { "$1" -c 'import ctypes, sys; ctypes.CDLL(sys.argv[1])' "$2" 2>/dev/null; }
