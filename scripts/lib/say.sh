# Words to the person at the terminal. All of them go to stderr: stdout belongs to what a script is asked to print.
# shellcheck shell=bash

say() { printf '%s\n' "$*" >&2; }

die() {
    printf 'error: %s\n' "$*" >&2
    exit 1
}

show_tail() {
    [[ -s $1 ]] || return 0
    say "--- the end of $1"
    tail -n "${2:-20}" -- "$1" >&2
    say "---"
}

# Seconds since 1970, with a fraction.
now() { printf '%s' "${EPOCHREALTIME/,/.}"; }

# Seconds since an earlier $EPOCHREALTIME, with one decimal.
since() {
    local tenths=$(((${EPOCHREALTIME/[.,]/} - ${1/[.,]/}) / 100000))
    printf '%d.%d' $((tenths / 10)) $((tenths % 10))
}
