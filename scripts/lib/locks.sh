# One at a time: two `scripts/up` at once must start one Kafka, not two. The kernel drops a lock with its last holder, so
# a killed script leaves nothing to clean up; `spawn` closes the descriptor, or a service would hold it for life.
# shellcheck shell=bash

# hold FILE: takes the lock for the rest of this script, or until `release`.
hold() {
    mkdir -p -- "${1%/*}"
    exec 9>>"$1"
    wait_for_lock "$1"
}

release() { exec 9>&-; }

# locked FILE COMMAND...: runs the command in a subshell that holds the lock.
locked() {
    local file=$1
    shift
    (
        hold "$file"
        "$@"
    )
}

wait_for_lock() {
    flock --timeout 2 9 && return 0
    say "waiting for another script that holds $1"
    flock --timeout 900 9 || die "$1 is still held after 15 minutes"
}
