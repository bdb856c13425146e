# The roles of Timesale as processes of their own, each with pid, log and ports under $TIMESALE_RUN/roles/.
# shellcheck shell=bash

# In the order they start; they stop in this order too, because work is to be refused at the door before the rooms
# behind it are closed.
ROLES=(ingress processors sinks connectors)
ROLE_READY_SECONDS=60
# A role drains within 10 s of SIGTERM; the rest is for writing it down.
ROLE_DRAIN_SECONDS=12

role_pid() { pid_of "$RUN/roles/$1/pid" "timesale serve $1 "; }

role_admin_port() { recall "${1^^}_ADMIN_PORT"; }

# Running, and from the binary as it is now: a rebuilt binary leaves its old processes with a deleted file.
role_is_current() {
    local pid
    pid=$(role_pid "$1") && [[ $(readlink "/proc/$pid/exe") != *' (deleted)' ]] && http_ok "$(role_admin_port "$1")" /readyz
}

roles_are_current() {
    local role
    for role in "${ROLES[@]}"; do
        role_is_current "$role" || return 1
    done
}

# A sale that runs roles of its own must stay alone on the log.
SALE_PID_FILE=$RUN/sale.pid

sale_pid() { pid_of "$SALE_PID_FILE" "timesale sale " "scripts/sale"; }

refuse_second_sale() {
    local pid
    ! pid=$(sale_pid) || die "a sale is running (pid $pid); wait for it, or stop it with scripts/down"
}

start_roles() {
    local role began=$EPOCHREALTIME
    if roles_are_current; then
        say "${ROLES[*]} already run"
        return 0
    fi
    stop_roles
    launch_provider
    for role in "${ROLES[@]}"; do
        launch_role "$role"
    done
    for role in "${ROLES[@]}"; do
        await "$ROLE_READY_SECONDS" role_ready_or_ended "$role" || true
        role_is_current "$role" || failed_role "$role"
    done
    say "${ROLES[*]} are ready after $(since "$began") s"
}

failed_role() {
    show_tail "$RUN/roles/$1/log"
    stop_roles
    die "role $1 did not become ready; log: $RUN/roles/$1/log"
}

role_ready_or_ended() { http_ok "$(role_admin_port "$1")" /readyz || ! role_pid "$1" >/dev/null; }

launch_role() {
    local role=$1 admin settings=()
    admin=$(port_for "${role^^}_ADMIN_PORT")
    settings=(TIMESALE_ADMIN_LISTEN="127.0.0.1:$admin")
    if [[ $role == ingress ]]; then
        settings+=(TIMESALE_LISTEN="127.0.0.1:$(port_for INGRESS_PORT)")
        remember TIMESALE_INGRESS_URL "http://127.0.0.1:$(recall INGRESS_PORT)"
    fi
    spawn "$RUN/roles/$role/pid" "$RUN/roles/$role/log" \
        env "${settings[@]}" "$BINARY" serve "$role"
}

# A stand-in for the payment provider, unless TOSS_BASE_URL names one (the real one wants TOSS_SECRET_KEY or
# TOSS_SECRET_KEY_FILE too). What it has answered it still knows after a restart.
launch_provider() {
    local port
    if [[ -n ${TOSS_BASE_URL:-} ]]; then
        say "payments go to $TOSS_BASE_URL"
        return 0
    fi
    port=$(port_for PROVIDER_PORT)
    export TOSS_BASE_URL=http://127.0.0.1:$port
    spawn "$RUN/provider/pid" "$RUN/provider/log" \
        "$BINARY" toss-stub --listen "127.0.0.1:$port" --data "$RUN/provider/data" \
        --webhook "http://127.0.0.1:$(port_for INGRESS_PORT)/v1/webhooks/toss"
    await "$ROLE_READY_SECONDS" http_ok "$port" /readyz || {
        show_tail "$RUN/provider/log"
        die "the payment provider's stand-in did not start; log: $RUN/provider/log"
    }
}

# All are asked at once and then waited for in turn, so that three drains take as long as one.
stop_roles() {
    local role pid stopped=()
    for role in "${ROLES[@]}"; do
        if pid=$(role_pid "$role"); then
            kill -s TERM "$pid" 2>/dev/null || true
            stopped+=("$role")
        fi
    done
    for role in "${ROLES[@]}"; do
        stop_process "$RUN/roles/$role/pid" TERM "$ROLE_DRAIN_SECONDS" "timesale serve $role "
    done
    stop_process "$RUN/provider/pid" TERM "$ROLE_DRAIN_SECONDS" "timesale toss-stub "
    ((${#stopped[@]} == 0)) || say "${stopped[*]} stopped"
}

stop_sale() {
    sale_pid >/dev/null || return 0
    say "stopping the running sale"
    stop_process "$SALE_PID_FILE" TERM "$ROLE_DRAIN_SECONDS" "timesale sale " "scripts/sale"
}

# Signs the development tokens of this run. 256 bits, never printed.
make_jwt_secret() {
    export TIMESALE_JWT_SECRET_FILE=${TIMESALE_JWT_SECRET_FILE:-$RUN/secrets/jwt}
    [[ ! -s $TIMESALE_JWT_SECRET_FILE ]] || return 0
    (umask 077 && mkdir -p -- "${TIMESALE_JWT_SECRET_FILE%/*}" && head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n' >"$TIMESALE_JWT_SECRET_FILE")
}
