# Steps of a check: each runs whatever became of the one before, says in one line how it went, and shows its output only
# when it failed.
# shellcheck shell=bash

FAILED_STEPS=()

step() {
    local name=$1 began=$EPOCHREALTIME log=$RUN/steps/$1.log
    shift
    mkdir -p -- "$RUN/steps"
    if ("$@") >"$log" 2>&1 </dev/null; then
        printf 'ok      %-12s %s s\n' "$name" "$(since "$began")"
    else
        cat -- "$log"
        printf 'FAILED  %-12s %s s\n' "$name" "$(since "$began")"
        FAILED_STEPS+=("$name")
    fi
}

# A check that cannot be made on this machine is no failure, but nobody shall believe that it was made.
skip() { printf 'SKIPPED %-12s %s\n' "$1" "$2"; }
