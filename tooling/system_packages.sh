# The programs the tests need beside Python's; sourced by test.sh.

first_command() { command -v "$@" 2>/dev/null | head -n 1 || true; }

# Calc alone reads no Word files: Writer's own library lies beside LibreOffice's program. Where
# SOFFICE is a script of another machine's own, it is trusted.
has_writer() {
    local folder
    [ -n "${SOFFICE:-}" ] || return 1
    folder=$(dirname "$(readlink -f "$(first_command "$SOFFICE")")")
    [ -f "$folder/libswlo.so" ] || [ ! -e "$folder/soffice.bin" ]
}

# One line per missing program: Debian's package name, then what to do elsewhere.
missing_programs() {
    if [ -z "${TEST_DATABASE_URL:-}" ] && [ -z "$(postgres_bin)" ]; then
        say "postgresql|PostgreSQL 14 trở lên, hoặc đặt TEST_DATABASE_URL=postgres://…"
    fi
    if [ -z "${TEST_REDIS_URL:-}" ] && [ -z "$(first_command redis-server)" ]; then
        say "redis-server|Redis 6 trở lên, hoặc đặt TEST_REDIS_URL=redis://…"
    fi
    if [ -z "${CHROMIUM:-}" ]; then
        say "chromium|Chromium hoặc Chrome, hoặc đặt CHROMIUM=/đường/dẫn"
    fi
    if [ -z "${SOFFICE:-}" ]; then
        say "libreoffice-calc-nogui|LibreOffice Calc, hoặc đặt SOFFICE=/đường/dẫn"
    fi
    if ! has_writer; then
        say "libreoffice-writer-nogui|LibreOffice Writer"
    fi
    if [ -z "$(first_command pdftoppm)" ]; then
        say "poppler-utils|pdftoppm (poppler)"
    fi
    # Lay out the text of a PDF; the last one keeps its fonts small.
    has_library "$VENV_PYTHON" libpango-1.0.so.0 || say "libpango-1.0-0|Pango"
    has_library "$VENV_PYTHON" libpangoft2-1.0.so.0 || say "libpangoft2-1.0-0|Pango (pangoft2)"
    has_library "$VENV_PYTHON" libharfbuzz-subset.so.0 || say "libharfbuzz-subset0|HarfBuzz (subset)"
    # The one free font that looks like Times New Roman and has every Vietnamese letter.
    if ! fc-list 2>/dev/null | grep -q 'LiberationSerif'; then
        say "fonts-liberation2|phông chữ Liberation 2"
    fi
}

find_programs() {
    CHROMIUM="${CHROMIUM:-$(first_command chromium chromium-browser google-chrome)}"
    SOFFICE="${SOFFICE:-$(first_command soffice libreoffice)}"
    export CHROMIUM SOFFICE
}

install_system_packages() {
    local missing packages
    find_programs
    missing=$(missing_programs)
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ]; then
        packages=$(cut -d'|' -f1 <<<"$missing" | tr '\n' ' ')
        say "Cài bằng apt: $packages"
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq </dev/null
        # shellcheck disable=SC2086 # several names
        apt-get install -y -qq --no-install-recommends $packages </dev/null >build/apt.log 2>&1 || {
            tail -n 20 build/apt.log >&2
            die "apt-get không cài được: $packages"
        }
        find_programs
        missing=$(missing_programs)
        [ -n "$missing" ] || return 0
    fi
    die "Để chạy kiểm thử, máy này còn thiếu:
$(sed 's/^\([^|]*\)|\(.*\)$/  - \2  (Debian: apt-get install \1)/' <<<"$missing")"
}
