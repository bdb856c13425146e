# The roles of Timesale as processes of their own, each with pid, log and ports under $TIMESALE_RUN/roles/; and beside them
# the stub of the payment provider, unless TOSS_BASE_URL names another, and that of an external price server, the market.
# shellcheck shell=bash

# In the order they start; they stop in this order too, because ingress is to refuse work before what is
# behind it stops, and the provider is asked until the last of them is.
EVERY_ROLE=(ingress processors sinks connectors console market provider)
# The console watches; whoever measures runs without it, whoever wants it calls add_console.
ROLES=(ingress processors sinks connectors market)
[[ -n ${TOSS_BASE_URL:-} ]] || ROLES+=(provider)

add_console() { ROLES=("${ROLES[@]:0:4}" console "${ROLES[@]:4}"); }

# What the stub has charged. It belongs to the log: an empty log wants an empty provider.
PROVIDER_DATA=$RUN/provider
ROLE_READY_SECONDS=60
# A role drains within 10 s of SIGTERM; the rest is for writing it down.
ROLE_DRAIN_SECONDS=12

# What a role's command line holds.
role_mark() {
    case $1 in
        provider) echo "timesale toss-stub " ;;
        market) echo "timesale offers-stub " ;;
        *) echo "timesale serve $1 " ;;
    esac
}

role_pid() { pid_of "$RUN/roles/$1/pid" "$(role_mark "$1")"; }

role_admin_port() { recall "${1^^}_ADMIN_PORT"; }

role_is_ready() { http_ok "$(role_admin_port "$1")" /readyz; }

# Running, and from the binary as it is now: a rebuilt binary leaves its old processes with a deleted file.
role_is_current() {
    local pid
    pid=$(role_pid "$1") && [[ $(readlink "/proc/$pid/exe") != *' (deleted)' ]] && role_is_ready "$1"
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
    choose_addresses
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

role_ready_or_ended() { role_is_ready "$1" || ! role_pid "$1" >/dev/null; }

# Ingress and the provider know each other's address, and the market's is known to the connectors, so all are chosen before any
# starts.
choose_addresses() {
    remember TIMESALE_INGRESS_URL "http://127.0.0.1:$(port_for INGRESS_PORT)"
    remember TIMESALE_MARKET_URL "http://127.0.0.1:$(port_for MARKET_ADMIN_PORT)"
    [[ " ${ROLES[*]} " != *' console '* ]] || remember TIMESALE_CONSOLE_URL "http://127.0.0.1:$(port_for CONSOLE_PORT)"
    if [[ -z ${TOSS_BASE_URL:-} ]]; then
        remember TIMESALE_PROVIDER_URL "http://127.0.0.1:$(port_for PROVIDER_ADMIN_PORT)"
    else
        forget TIMESALE_PROVIDER_URL
    fi
}

launch_role() {
    local role=$1 settings=() command console
    if [[ $role == market ]]; then
        command=(offers-stub --listen "127.0.0.1:$(role_admin_port market)")
    elif [[ $role == provider ]]; then
        command=(toss-stub --listen "127.0.0.1:$(role_admin_port provider)" --data "$PROVIDER_DATA"
            --webhook "$(recall TIMESALE_INGRESS_URL)/v1/webhooks/toss")
    else
        settings=(TIMESALE_ADMIN_LISTEN="127.0.0.1:$(port_for "${role^^}_ADMIN_PORT")"
            TIMESALE_LISTEN="127.0.0.1:$(recall INGRESS_PORT)"
            PROMETHEUS_URL="${PROMETHEUS_URL:-$(recall TIMESALE_PROMETHEUS_URL)}"
            TOSS_BASE_URL="${TOSS_BASE_URL:-$(recall TIMESALE_PROVIDER_URL)}"
            OFFERS_STUB_URL="$(recall TIMESALE_MARKET_URL)")
        # Chosen before: while the console runs its port is taken, by itself.
        console=$(recall CONSOLE_PORT)
        [[ -z $console ]] || settings+=(TIMESALE_CONSOLE_LISTEN="127.0.0.1:$console")
        command=(serve "$role")
    fi
    spawn "$RUN/roles/$role/pid" "$RUN/roles/$role/log" env "${settings[@]}" "$BINARY" "${command[@]}"
}

# All are asked at once and then waited for in turn, so that all drains take as long as one.
stop_roles() {
    local role pid stopped=()
    for role in "${EVERY_ROLE[@]}"; do
        if pid=$(role_pid "$role"); then
            kill -s TERM "$pid" 2>/dev/null || true
            stopped+=("$role")
        fi
    done
    for role in "${EVERY_ROLE[@]}"; do
        stop_process "$RUN/roles/$role/pid" TERM "$ROLE_DRAIN_SECONDS" "$(role_mark "$role")"
    done
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
