# The verbs of one service: start | stop | kill | status | wipe. The scripts in services/ say only what differs, by
# setting NAME, STOP_SIGNAL and START_SECONDS and defining:
#   fetch     get the program                         marks   what its command line is known by (MARKS=(...))
#   prepare   choose ports, write config, make data   launch  spawn it
#   ready     does it answer?                         url     what clients are given
# shellcheck shell=bash

service_main() {
    FOLDER=$RUN/$NAME
    PID_FILE=$FOLDER/pid
    LOG=$FOLDER/log
    marks
    case ${1:-} in
        start) locked "$FOLDER/lock" start_service ;;
        stop) locked "$FOLDER/lock" stop_service ;;
        kill) kill_service ;;
        status) service_status ;;
        wipe) locked "$FOLDER/lock" wipe_service ;;
        *)
            say "usage: $0 start|stop|kill|status|wipe"
            exit 2
            ;;
    esac
}

address() { echo "127.0.0.1:$(recall "${NAME^^}_PORT")"; }

service_pid() { pid_of "$PID_FILE" "${MARKS[@]}"; }

start_service() {
    local began=$EPOCHREALTIME
    if service_pid >/dev/null; then
        await "$START_SECONDS" ready || failed_start "is running but does not answer"
        remember "$(address_key "$NAME")" "$(url)"
        say "$NAME already runs at $(address)"
        return 0
    fi
    fetch
    prepare
    launch
    await "$START_SECONDS" ready_or_ended || true
    ready || failed_start "did not become ready in $(since "$began") s"
    remember "$(address_key "$NAME")" "$(url)"
    say "$NAME is ready at $(address) after $(since "$began") s"
}

ready_or_ended() { ready || ! service_pid >/dev/null; }

failed_start() {
    show_tail "$LOG"
    die "$NAME $1; log: $LOG"
}

stop_service() {
    stop_process "$PID_FILE" "$STOP_SIGNAL" 30 "${MARKS[@]}"
    after_kill
    say "$NAME is stopped"
}

# What a power cut does to it. No lock: a kill has to work also while a start hangs.
kill_service() {
    local pid
    if pid=$(service_pid); then
        before_kill "$pid"
        kill -s KILL "$pid" 2>/dev/null || true
        await 10 gone "$pid" || die "$NAME (pid $pid) survived SIGKILL"
    fi
    after_kill
    say "$NAME is killed"
}

# Only PostgreSQL, which is many processes, has something to do here.
before_kill() { :; }
after_kill() { :; }

service_status() {
    local pid
    if ! pid=$(service_pid); then
        echo "$NAME is stopped"
        exit 3
    elif ready; then
        echo "$NAME runs at $(address), pid $pid"
    else
        echo "$NAME runs but does not answer, pid $pid, log $LOG"
        exit 4
    fi
}

wipe_service() {
    stop_service
    wipe_data
    find "$FOLDER" -mindepth 1 -maxdepth 1 ! -name lock -exec rm -rf -- {} +
    say "$NAME has no data any more"
}

wipe_data() { :; }
