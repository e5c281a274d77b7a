# Shared by the scripts beside this file; `source` it from bash.
# shellcheck shell=bash

cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1
PYTHON=${PYTHON:-python3}
VENV=${VENV:-.venv}
export PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
export PYRIGHT_PYTHON_IGNORE_WARNINGS=1 NO_UPDATE_NOTIFIER=1

headline() { printf '\n== %s\n' "$*"; }

die() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

can_apt() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; }

# Install Debian packages without starting their services. A policy-rc.d that
# stands already is left alone; ours goes away again, also after a failure.
apt_install() (
  export DEBIAN_FRONTEND=noninteractive
  policy=/usr/sbin/policy-rc.d
  if ! [ -e "$policy" ]; then
    trap 'rm -f "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
  fi
  log=$(mktemp)
  # `|| true`: with stale lists the installation may still succeed, and says so itself.
  apt-get update -qq >"$log" 2>&1 </dev/null || true
  if ! apt-get install -y -qq --no-install-recommends "$@" >>"$log" 2>&1 </dev/null; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    exit 1
  fi
  rm -f "$log"
)
