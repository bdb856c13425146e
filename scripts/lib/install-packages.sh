# Runs as root, with the packages as arguments: apt-get without questions.
#
# The packages are wanted for their programs. Debian would also start a PostgreSQL and a Redis on their usual ports, which
# nobody asked for; a policy-rc.d that says 101 ("not allowed") keeps them from starting and is removed again.
# shellcheck shell=bash
set -u
export DEBIAN_FRONTEND=noninteractive

policy=/usr/sbin/policy-rc.d
if [[ ! -e $policy ]]; then
    trap 'rm -f -- "$policy"' EXIT
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
fi

install() { apt-get install --yes --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" </dev/null; }

# A fresh machine has no package lists yet, and old lists name versions that are gone.
install "$@" || { apt-get update </dev/null && install "$@"; }
