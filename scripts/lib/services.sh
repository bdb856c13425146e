# The three services together: which are ours, starting and stopping them, and handing their addresses on.
# shellcheck shell=bash

KAFKA_VERSION=4.3.1
KAFKA_LIBRARIES=$CACHE/kafka-$KAFKA_VERSION

SERVICES=(kafka postgres redis)

address_key() {
    case $1 in
        kafka) echo KAFKA_BOOTSTRAP ;;
        postgres) echo DATABASE_URL ;;
        redis) echo REDIS_URL ;;
        prometheus) echo TIMESALE_PROMETHEUS_URL ;;
        alertmanager) echo TIMESALE_ALERTMANAGER_URL ;;
    esac
}

# A service whose address came with the environment is the caller's, unless it is the very address we once wrote down
# ourselves (the caller has read our env file).
is_ours() {
    local key
    key=$(address_key "$1")
    [[ -z ${!key:-} || ${!key} == "$(recall "$key")" ]]
}

# All at once: most of a start is waiting.
start_services() {
    local service pids=() pid failed=0
    for service in "${SERVICES[@]}"; do
        if is_ours "$service"; then
            "$ROOT/scripts/services/$service" start &
            pids+=($!)
        else
            say "$service is yours: $(address_key "$service") is set"
        fi
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || failed=1
    done
    ((failed == 0)) || die "not every service started"
    export_addresses
}

export_addresses() {
    local service key
    for service in "${SERVICES[@]}"; do
        key=$(address_key "$service")
        if is_ours "$service"; then
            export "$key=$(recall "$key")"
        fi
    done
}

# stop_services VERB: stop, kill or wipe; what watches them too.
stop_services() {
    local service pids=() pid failed=0
    for service in "${SERVICES[@]}" "${MONITORS[@]}"; do
        [[ -d $RUN/$service ]] || continue
        "$ROOT/scripts/services/$service" "$1" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do
        wait "$pid" || failed=1
    done
    ((failed == 0)) || die "not every service could be stopped"
}
