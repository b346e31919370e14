#!/bin/sh
# Install the Debian packages that a target of the Makefile needs and this machine lacks.
#
#   scripts/system_packages.sh venv              what `python -m venv` needs
#   scripts/system_packages.sh compiler          what the distance kernel is compiled with
#   scripts/system_packages.sh postgis browser   what the tests need
#
# Asks nothing. With everything in place it returns at once: no package list is fetched, no root
# is needed. PYTHON names the interpreter (python3 unless told); MINE_GEO_TEST_DATABASE_URL, when
# set, names a PostGIS of one's own, and none is installed.
set -eu

python=${PYTHON:-python3}
missing=

fail() {
    printf 'mine_geo: %s\n' "$1" >&2
    exit 1
}

want_venv() {
    command -v "$python" >/dev/null 2>&1 || {
        missing="$missing python3 python3-venv"
        return
    }
    "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
        fail "$("$python" -V 2>&1) is too old: mine_geo needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11 ..."
    "$python" -c 'import ensurepip, venv' 2>/dev/null && return
    # Debian splits ensurepip off, into a package named for the interpreter's version.
    missing="$missing $("$python" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
}

want_compiler() {
    # A compiler without the C library's headers compiles nothing. Python's own are not needed.
    for compiler in ${CC:-cc gcc clang}; do
        printf '#include <math.h>\n#include <stdint.h>\nint main(void) { return 0; }\n' |
            "$compiler" -x c -o /dev/null - -lm 2>/dev/null && return
    done
    missing="$missing gcc libc6-dev"
}

want_postgis() {
    # beside the server what the tests put in front of it: pgbouncer lies where only root looks
    PATH=$PATH:/usr/sbin command -v pgbouncer >/dev/null 2>&1 || missing="$missing pgbouncer"
    [ -z "${MINE_GEO_TEST_DATABASE_URL:-}" ] || return 0
    for control in /usr/share/postgresql/*/extension/postgis.control; do
        version=$(basename "$(dirname "$(dirname "$control")")")
        [ -e "$control" ] && [ -x "/usr/lib/postgresql/$version/bin/initdb" ] && return
    done
    missing="$missing postgresql-postgis"
}

want_browser() {
    command -v chromium >/dev/null 2>&1 || missing="$missing chromium fonts-dejavu-core"
    command -v chromedriver >/dev/null 2>&1 || missing="$missing chromium-driver"
}

for thing in "$@"; do
    case $thing in
    venv) want_venv ;;
    compiler) want_compiler ;;
    postgis) want_postgis ;;
    browser) want_browser ;;
    *) fail "scripts/system_packages.sh knows venv, compiler, postgis and browser, not '$thing'" ;;
    esac
done
[ -n "$missing" ] || exit 0

command -v apt-get >/dev/null 2>&1 ||
    fail "this machine lacks:$missing (Debian's names) and has no apt-get; install them by hand, then run make again"
if [ "$(id -u)" -eq 0 ]; then
    as_root=
elif ! command -v sudo >/dev/null 2>&1; then
    fail "this machine lacks:$missing; as root run: apt-get install --yes$missing"
elif [ -t 0 ]; then
    as_root=sudo
else
    as_root='sudo -n'
fi

apt() {
    # shellcheck disable=SC2086  # as_root is a command and its option, or nothing
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o Dpkg::Use-Pty=0 "$@" </dev/null
}

printf 'mine_geo: installing Debian packages:%s\n' "$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# One unreachable archive of several must not stop us: whether the packages can be had, install says.
apt update >"$log" 2>&1 || :
# shellcheck disable=SC2086  # a list of package names
apt install --yes --no-install-recommends $missing >>"$log" 2>&1 || {
    tail -n 20 "$log" >&2
    fail "apt-get could not install:$missing (its last lines are above); mend that, or install them by hand, then run make again"
}
