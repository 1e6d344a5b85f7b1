# Sourced by the other scripts, which run in the repository's root.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# say prints a heading.
say() { printf '\n== %s\n' "$*"; }

# check_format fails and names the files that gofmt would change.
check_format() {
    local bad
    bad=$(find . -name node_modules -prune -o -name '*.go' -exec gofmt -l {} +)
    if [ -n "$bad" ]; then
        printf 'gofmt would change:\n%s\n' "$bad"
        return 1
    fi
}

# has says whether a part that tests want is there: postgresql, chromium, strace or cc.
has() {
    case $1 in
        postgresql) compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || command -v initdb >/dev/null ;;
        chromium) find_chromium >/dev/null ;;
        strace) command -v strace >/dev/null ;;
        cc) command -v "${CC:-gcc}" >/dev/null ;;
    esac
}

# find_chromium prints the browser's path.
find_chromium() {
    local name
    for name in ${MILLRACE_CHROMIUM:+"$MILLRACE_CHROMIUM"} chromium chromium-browser google-chrome; do
        command -v "$name" && return
    done
    return 1
}

# as_root runs a command as root where that needs no password.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        command -v sudo >/dev/null && sudo -n "$@"
    fi
}

# install_debian installs the packages one by one, where this is Debian and we may. It is quiet about what works.
install_debian() {
    local log package
    if ! command -v apt-get >/dev/null || ! as_root true 2>/dev/null; then
        echo "can't install $* here (no apt-get, or no root without a password)"
        return
    fi
    log=$(mktemp)
    as_root apt-get update >"$log" 2>&1 || tail -3 "$log"
    for package in "$@"; do
        echo "installing $package"
        as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$package" >"$log" 2>&1 || tail -3 "$log"
    done
    rm -f "$log"
}
