# Faults on a running installation, and how each is healed. The names of what is made begin with bench.
# shellcheck shell=bash

FAULTS=$(dirname -- "$BINARY")/examples/faults
SKUS=(bench-a bench-b bench-c bench-d bench-e bench-f bench-g bench-h)

# go_on NAME MARK COMMAND...: what goes on until `stop_going NAME`; its command line holds the mark.
go_on() {
    local name=$1 mark=$2
    shift 2
    spawn "$RUN/faults/$name.pid" "$RUN/faults/$name.log" "$@"
    printf '%s' "$mark" >"$RUN/faults/$name.mark"
}

# stop_going NAME [SIGNAL]
stop_going() { stop_process "$RUN/faults/$1.pid" "${2:-TERM}" 12 "$(<"$RUN/faults/$1.mark")"; }

stop_everything_going() {
    local pid
    for pid in "$RUN"/faults/*.pid; do
        [[ ! -e $pid ]] || stop_going "$(basename -- "$pid" .pid)" KILL || true
    done
}

define_products() {
    local token sku
    token=$("$BINARY" token bench --role operator)
    for sku in "${SKUS[@]}"; do
        sow "$(recall INGRESS_PORT)" "$token" "/v1/products/$sku" '{"seller":"bench","name":"Bench","list_price":1000}'
    done
}

# fill_up NAME SECONDS: so often each product is filled up by one, until `stop_going NAME`. What is not answered is not waited for.
fill_up() {
    # shellcheck disable=SC2016 # The inner shell expands these.
    go_on "$1" "bash -c" env TOKEN="$("$BINARY" token bench --role operator --ttl 7200)" URL="$(recall TIMESALE_INGRESS_URL)" SKUS="${SKUS[*]}" \
        NAME="$1" PAUSE="$2" bash -c '
        while :; do
            for sku in $SKUS; do
                curl -sS -o /dev/null --max-time 10 -X POST "$URL/v1/products/$sku/stock" -H "Authorization: Bearer $TOKEN" \
                    -H "Content-Type: application/json" -H "Idempotency-Key: $NAME-of-the-bench-${EPOCHREALTIME/[.,]/}" -d "{\"change\":1}" &
            done
            sleep "$PAUSE"
        done'
}

# Every topic of goods moves, and whoever stops reading is behind.
start_trickle() { fill_up trickle 1; }

# sale_command SHOPPERS ORDERS [OPTION...]: the command line of a sale on what runs here.
sale_command() {
    SALE=("$BINARY" sale --base-url "$(recall TIMESALE_INGRESS_URL)" --provider "$(recall TIMESALE_PROVIDER_URL)"
        --market "$(recall TIMESALE_MARKET_URL)" --no-verify --rate 200 --shoppers "$1" --stock "$1" --orders "$2" "${@:3}")
}

# go_on_selling COURSE: 40 orders that all take this course, until `stop_going selling`.
go_on_selling() {
    [[ ! -e $RUN/faults/selling.pid ]] || stop_going selling KILL
    sale_command 40 40 --course "$1"
    go_on selling "timesale sale" "${SALE[@]}"
}

kill_role() { kill -s KILL "$(role_pid "$1")" || die "$1 does not run"; }

revive_role() {
    launch_role "$1"
    await "$ROLE_READY_SECONDS" role_is_ready "$1" || die "$1 did not come back"
}

# end_of TOPIC PARTITION
end_of() { kcat -b "$KAFKA_BOOTSTRAP" -Q -t "$1:$2:-1" | sed 's/.* offset //'; }

# A partition of a topic in which there is nothing; none if there is none.
empty_partition() {
    local partition
    for partition in 0 1 2 3; do
        (($(end_of "$1" "$partition") > 0)) || { echo "$partition" && return 0; }
    done
    return 1
}

# forge TOPIC PARTITION KEY TYPE VALUE [VERSION]: a fact that no processor has decided.
forge() {
    printf '%s' "$5" | kcat -b "$KAFKA_BOOTSTRAP" -P -t "$1" -p "$2" -k "$3" -H event-type="$4" -H schema-version="${6:-1}" -D '\0'
}

# metric ROLE SERIES: its value now.
metric() {
    curl -fsS --max-time 2 "http://127.0.0.1:$(role_admin_port "$1")/metrics" | awk -v series="$2" 'index($0, series " ") == 1 { print $NF }'
}

signal_kafka() { kill -s "$1" "$(pid_of "$RUN/kafka/pid" "kafka.Kafka $RUN/kafka/server.properties")"; }

# pause_kafka_in_a_transaction: stops the broker where it stands while a stream thread is in the middle of a transaction, which then waits
# for it and does not poll. Whether one is shows after some seconds; if none is, the broker goes on and is stopped at another moment.
pause_kafka_in_a_transaction() {
    local paused_at try
    for ((try = 1; try <= 20; try++)); do
        signal_kafka STOP
        paused_at=$EPOCHSECONDS
        sleep 5
        ! a_thread_is_silent_since "$paused_at" || return 0
        signal_kafka CONT
        sleep "1.$RANDOM"
    done
    signal_kafka STOP
    say "no stream thread was in the middle of a transaction in $((try - 1)) tries"
}

# a_thread_is_silent_since SECOND: whether a thread that polls has not done so since the second after it.
a_thread_is_silent_since() {
    curl -fsS --max-time 2 "http://127.0.0.1:$(role_admin_port processors)/metrics" |
        awk -v since="$1" -v found=1 'index($0, "streams_last_poll_timestamp_seconds{") == 1 && $NF > 0 && $NF < since + 1 { found = 0 }
            END { exit found }'
}

# await_metric SECONDS ROLE SERIES TEST: until the value is, say, '> 0'.
await_metric() {
    local until=$((SECONDS + $1))
    until metric "$2" "$3" | awk -v found=1 "{ if (\$1 $4) found = 0 } END { exit found }"; do
        ((SECONDS < until)) || { say "$3 of $2 never became $4" && return 1; }
        sleep 0.2
    done
}

# start_proxied ROLE: starts a role anew with a proxy between it and the broker, which passes everything on.
start_proxied() {
    local port
    port=$(port_for "${1^^}_PROXY_PORT")
    go_on "proxy-$1" "$FAULTS" "$FAULTS" proxy "$port" "$RUN/faults/proxy-$1.rules"
    await 10 grep -q passes "$RUN/faults/proxy-$1.log" || die "the proxy of $1 does not listen"
    kill_role "$1"
    KAFKA_BOOTSTRAP=127.0.0.1:$port revive_role "$1"
}

# proxied ROLE [RULE...]: what the proxy of a role does from now on.
proxied() {
    local rules=$RUN/faults/proxy-$1.rules
    printf '%s\n' "${@:2}" | sed '/^$/d' >"$rules.new"
    mv -f -- "$rules.new" "$rules"
}

# end_proxied ROLE: starts the role anew without a proxy.
end_proxied() {
    kill_role "$1"
    stop_going "proxy-$1" KILL
    revive_role "$1"
}

# The fact pretends that a campaign of 10 coupons has given out 5 and holds 100,000. Sets FORGED_PARTITION and FORGED_SEEN_SECONDS: from
# the record to the gauge that shows it.
forge_oversell() {
    local at=${EPOCHREALTIME/[.,]/} numbers='"stock":10,"remaining":0,"granted":5,"held":100000,"redeemed":0,"expired":0,"revoked":0' written
    FORGED_PARTITION=$(empty_partition coupons.events) || die "no partition of coupons.events is empty"
    forge coupons.events "$FORGED_PARTITION" forged coupon_granted "{\"campaign\":\"forged\",\"version\":1,\"at\":${at%???},\"stock\":{$numbers},\"fact\":{\"coupon_granted\":{\"request\":\"req_4d21ec9cd1867daa4d5c769c0f39ca95\",\"coupon\":\"cpn_7ba6431c8fd421de03a61cf7655901ed\",\"shopper\":\"nobody\",\"expires_at\":4102444800000}}}"
    written=$(now)
    await_metric 60 console 'timesale_invariant_violations{invariant="coupons_balanced"}' '> 0' || true
    # shellcheck disable=SC2034 # For whoever forges.
    FORGED_SEEN_SECONDS=$(jq -n --argjson seen "$(now)" --argjson written "$written" '(($seen - $written) * 1000 | round) / 1000')
}

# forge_newer: a fact of a version that no build knows. Sets NEWER_PARTITION.
forge_newer() {
    NEWER_PARTITION=$(empty_partition coupons.events) || die "no partition of coupons.events is empty"
    forge coupons.events "$NEWER_PARTITION" newer coupon_granted '{}' 99
}

# What was forged is deleted from the log, which nobody may do to facts that are true, and so are the dead letters; then what read them
# reads anew.
remove_forgeries() {
    local partition
    for partition in 0 1 2 3; do
        "$FAULTS" delete dead-letters "$partition" "$(end_of dead-letters "$partition")"
    done
    "$FAULTS" delete coupons.events "$FORGED_PARTITION" 1
    "$FAULTS" delete coupons.events "$NEWER_PARTITION" 1
    kill_role console
    kill_role sinks
    kill_role ingress
    psql -qX "$(recall DATABASE_URL)" -c "delete from sink_positions where topic = 'coupons.events'"
    redis-cli -u "$(recall REDIS_URL)" flushall >/dev/null
    revive_role ingress
    revive_role sinks
    revive_role console
}

# set_provider FAULTS: what goes wrong at the provider's stub.
set_provider() { curl -fsS -o /dev/null -X POST "$(recall TIMESALE_PROVIDER_URL)/stub/faults" -d "$1"; }

# A provider that does not know our key.
provider_forgets_key() {
    kill_role provider
    TOSS_SECRET_KEY=test_sk_of_somebody_else launch_role provider
    await 30 role_is_ready provider
}

# An ingress that was told a wrong address of the broker, scraped like the others.
start_lost_ingress() {
    local admin
    admin=$(port_for LOST_ADMIN_PORT)
    go_on lost-ingress "timesale serve ingress" env TIMESALE_ADMIN_LISTEN="127.0.0.1:$admin" TIMESALE_LISTEN="127.0.0.1:$(port_for LOST_PORT)" \
        KAFKA_BOOTSTRAP="127.0.0.1:$(port_for NO_BROKER_PORT)" "$BINARY" serve ingress
    sed "\$a - { targets: [\"127.0.0.1:$admin\"], labels: { role: ingress } }" "$RUN/prometheus/targets.yml" >"$RUN/prometheus/targets.yml.new"
    mv -f -- "$RUN/prometheus/targets.yml.new" "$RUN/prometheus/targets.yml"
}

# twin ROLE INSTANCE: a second process of a role.
start_twin() {
    go_on "twin-$1" "timesale serve $1" env TIMESALE_INSTANCE="$2" TIMESALE_ADMIN_LISTEN="127.0.0.1:$(port_for TWIN_ADMIN_PORT)" "$BINARY" serve "$1"
}

# One caller who asks twenty times as often as a caller may.
start_flood() {
    # shellcheck disable=SC2016 # The inner shell expands these.
    go_on flood "bash -c" env TOKEN="$("$BINARY" token flood --ttl 7200)" URL="$(recall TIMESALE_INGRESS_URL)" bash -c '
        while :; do
            curl -sS -o /dev/null -H "Authorization: Bearer $TOKEN" "$URL/v1/products/bench-a?again=[1-400]"
            sleep 0.4
        done'
}

# The share of server errors among the answers of ingress since it began, without probes.
error_share() {
    curl -fsS --max-time 2 "http://127.0.0.1:$(role_admin_port ingress)/metrics" | awk '
        /^http_requests_total/ && !/route="(livez|readyz|metrics)"/ { all += $NF; if (/status="5/) errors += $NF }
        END { print all ? errors / all : 0 }'
}

# await_errors SECONDS SHARE: until the share of errors is beyond this.
await_errors() {
    local until=$((SECONDS + $1))
    until awk -v share="$(error_share)" -v wanted="$2" 'BEGIN { exit share <= wanted }'; do
        ((SECONDS < until)) || die "the share of server errors is $(error_share) only"
        sleep 0.5
    done
}

# answer_well SHARE: good answers in such numbers that the share of errors is below this.
answer_well() {
    local token
    token=$("$BINARY" token bench --role operator)
    say "server errors are a share of $(error_share)"
    while awk -v share="$(error_share)" -v wanted="$1" 'BEGIN { exit share <= wanted }'; do
        curl -sS -o /dev/null -H "Authorization: Bearer $token" "$(recall TIMESALE_INGRESS_URL)/v1/products/bench-a/price?again=[1-10000]"
    done
}
