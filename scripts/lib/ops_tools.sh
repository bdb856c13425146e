# What checks ops/: Prometheus' and Alertmanager's own tools, and Node with the packages of ops/package.json.
# shellcheck shell=bash

has_promtool() { command -v promtool >/dev/null || (need promtool=prometheus) >&2; }

has_amtool() { command -v amtool >/dev/null || (need amtool=prometheus-alertmanager prometheus-alertmanager=prometheus-alertmanager) >&2; }

# Debian's kubectl is too old: its kustomize knows neither `replicas` nor `patches`.
has_kustomize() {
    local version
    version=$(kubectl version --client 2>/dev/null | sed -n 's/^Kustomize Version: v\([0-9]*\).*/\1/p')
    ((${version:-0} >= 4))
}

# The packages lie where Node looks for them, in ops/node_modules; the mark holds the sum of the lock file they were installed by.
has_ops_packages() {
    (need node=nodejs npm=npm) >&2 || return 1
    ops_packages_are_current || (locked "$CACHE/ops-packages.lock" install_ops_packages) >&2
}

ops_packages_are_current() { [[ $(cat -- "$ROOT/ops/node_modules/.installed" 2>/dev/null) == "$(lock_file_sum)" ]]; }

lock_file_sum() { cksum <"$ROOT/ops/package-lock.json"; }

install_ops_packages() {
    ! ops_packages_are_current || return 0
    say "fetching the packages of ops/package.json"
    npm ci --prefix "$ROOT/ops" --ignore-scripts --no-audit --no-fund >"$CACHE/ops-packages.log" 2>&1 </dev/null \
        || { show_tail "$CACHE/ops-packages.log" && return 1; }
    lock_file_sum >"$ROOT/ops/node_modules/.installed"
}
