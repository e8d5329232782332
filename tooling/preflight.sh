#!/usr/bin/env bash
# Finds what would stop `make run` later, and says it in one sentence, before anything is changed.
# `preflight.sh tools` leaves out the port.
source "$(dirname "$0")/common.sh"

check_disk() {
    local free_kb
    free_kb=$(df -Pk . | awk 'NR == 2 { print $4 }')
    [ "$free_kb" -ge 1500000 ] ||
        die "Ổ đĩa chứa $PWD chỉ còn $((free_kb / 1000)) MB; cần ít nhất 1500 MB để cài đặt lần đầu."
}

check_port() {
    local port="${PORT:-8000}" state
    # SO_REUSEADDR as the server does, so that a port just closed does not count as taken.
    state=$("$1" - "$port" <<'PYTHON'
import errno
import socket
import sys

try:
    port = int(sys.argv[1])
    if port < 1:
        raise ValueError
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
        probe.listen()
    print("free")
except (ValueError, OverflowError):
    print("invalid")
except OSError as error:
    print("denied" if error.errno == errno.EACCES else "taken")
PYTHON
    )
    case "$state" in
    free) ;;
    taken) die "Cổng $port đang có chương trình khác dùng; hãy chọn cổng khác, ví dụ: make run PORT=$(((port + 1) % 65536))" ;;
    denied) die "Tài khoản này không được mở cổng $port; hãy chọn cổng từ 1024 trở lên, ví dụ: make run PORT=8000" ;;
    *) die "PORT=$port không phải là số cổng (1 đến 65535); ví dụ: make run PORT=8000" ;;
    esac
}

# Everything else runs without it, so this is said and no more.
warn_of_pdf() {
    has_library "$1" libpango-1.0.so.0 && has_library "$1" libpangoft2-1.0.so.0 ||
        say "Lưu ý: máy này chưa có Pango nên chưa tạo được biên nhận PDF (in từ trình duyệt vẫn được). Debian: apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-liberation2"
}

python=$(find_python)
[ "${1:-}" = tools ] || check_port "$python"
[ "${1:-}" = tools ] || warn_of_pdf "$python"
[ -x "$VENV_PYTHON" ] || check_disk
