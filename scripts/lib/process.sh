# Long-lived processes, known by pid file. A pid is believed only while its command line still is the expected program:
# numbers are reused, and signalling another process is worse than leaving a process behind. Nothing is ever ended by name.
# shellcheck shell=bash

# pid_of PID_FILE MARK...: prints the pid while the process runs and its command line holds one of the marks.
pid_of() {
    local pid command mark
    [[ -s $1 ]] || return 1
    read -r pid <"$1" || return 1
    shift
    [[ $pid =~ ^[0-9]+$ ]] || return 1
    command=$({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null) || return 1
    for mark in "$@"; do
        if [[ $command == *"$mark"* ]]; then
            echo "$pid"
            return 0
        fi
    done
    return 1
}

# A zombie counts as gone once its last thread has let go of files and ports; who has to reap it is not our concern.
gone() {
    local state tasks
    state=$({ sed 's/.*) //' "/proc/$1/stat"; } 2>/dev/null) || return 0
    [[ $state == Z* ]] || return 1
    tasks=("/proc/$1/task/"*)
    ((${#tasks[@]} <= 1))
}

# await SECONDS COMMAND...: asks ten times a second until the command agrees.
await() {
    local rounds=$(($1 * 10))
    shift
    until "$@"; do
        ((rounds-- > 0)) || return 1
        sleep 0.1
    done
}

# spawn PID_FILE LOG COMMAND...: starts a process in a session of its own, with no terminal, no inherited descriptor and
# no job-control ignore of SIGINT (a shell's `&` would leave one). The log before this one is kept: after a kill it is
# the interesting one.
spawn() {
    local pid_file=$1 log=$2
    shift 2
    mkdir -p -- "${pid_file%/*}" "${log%/*}"
    rm -f -- "$pid_file"
    [[ ! -e $log ]] || mv -f -- "$log" "$log.previous"
    (
        for fd in /proc/self/fd/*; do
            fd=${fd##*/}
            # 255 is the shell's own handle on this script and closes by itself on exec.
            ((fd <= 2 || fd == 255)) || eval "exec $fd>&-"
        done
        # shellcheck disable=SC2016 # The inner shell expands these.
        exec setsid --fork sh -c 'echo $$ >"$0.new" && mv -f "$0.new" "$0" && exec "$@"' "$pid_file" "$@" \
            </dev/null >"$log" 2>&1
    )
    await 10 test -s "$pid_file" || die "$1 did not start, see $log"
}

# stop_process PID_FILE SIGNAL SECONDS MARK...: asks, waits, and takes by force what does not listen.
stop_process() {
    local pid_file=$1 signal=$2 patience=$3 pid
    shift 3
    if pid=$(pid_of "$pid_file" "$@"); then
        kill -s "$signal" "$pid" 2>/dev/null || true
        if ! await "$patience" gone "$pid"; then
            say "pid $pid ($1) did not end within $patience s of SIG$signal and is killed"
            kill -s KILL "$pid" 2>/dev/null || true
            await 10 gone "$pid" || die "pid $pid ($1) survived SIGKILL"
        fi
    fi
    rm -f -- "$pid_file"
}

# cpu_seconds PID_FILE: CPU seconds, user's and system's, that the process has used.
cpu_seconds() { awk -v hertz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); printf "%.2f", ($12 + $13) / hertz }' "/proc/$(<"$1")/stat"; }
