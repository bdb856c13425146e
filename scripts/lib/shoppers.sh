# A steady load, what /readyz says meanwhile, and what came of both. Files are in $CAMPAIGN.
# shellcheck shell=bash

CAMPAIGN=$RUN/faults-made

# start_shoppers NAME: shoppers come until `stop_shoppers`.
start_shoppers() {
    go_on shoppers "timesale shoppers" "$BINARY" shoppers --base-url "$(recall TIMESALE_INGRESS_URL)" --rate "$RATE" \
        --client-log "$CAMPAIGN/$1.ndjson"
    await 60 grep -q 'shoppers come' "$RUN/faults/shoppers.log" || die "no shopper comes: see $RUN/faults/shoppers.log"
}

# Waits until each was answered or has given up.
stop_shoppers() {
    local pid
    pid=$(pid_of "$RUN/faults/shoppers.pid" "timesale shoppers") || die "the shoppers have ended by themselves: see $RUN/faults/shoppers.log"
    kill -s TERM "$pid"
    await 120 gone "$pid" || die "the shoppers do not end"
    tail -n 1 "$RUN/faults/shoppers.log" >"$CAMPAIGN/$1.came.json"
}

# watch_ready NAME: writes a line whenever a role's /readyz says something else: second, role, status code, parts. Until it is killed.
watch_ready() {
    local role answer state
    declare -A last
    while :; do
        for role in ingress processors sinks connectors console; do
            answer=$(curl -s --max-time 1 -w ' %{http_code}' "http://127.0.0.1:$(role_admin_port "$role")/readyz") || true
            [[ $answer == \{* ]] || answer='{"parts":[{"part":"process","condition":"gone"}]} 000'
            state=${answer##* }$'\t'$(jq -r '[.parts[] | "\(.part)=\(.condition)"] | join(",")' <<<"${answer% *}")
            if [[ ${last[$role]:-} != "$state" ]]; then
                printf '%s\t%s\t%s\n' "$(now)" "$role" "$state"
                last[$role]=$state
            fi
        done
        sleep 0.2
    done >"$CAMPAIGN/$1.ready.tsv"
}

# signal_tree SIGNAL PID: the process and all of its children.
signal_tree() {
    local child children=()
    kill -s "$1" "$2" 2>/dev/null || true
    read -r -d '' -a children < <(cat /proc/"$2"/task/*/children 2>/dev/null) || true
    for child in "${children[@]}"; do
        signal_tree "$1" "$child"
    done
}

service_pid() { cat -- "$RUN/$1/pid"; }

# judge NAME HURT HEALED FIRST_CLAIM FIRST_ORDER NAMED...: one JSON line. The two numbers are the seconds from the end of the fault within which
# a claim and an order must be decided; each NAMED is ROLE/PART=SECONDS: by then /readyz must have named it.
judge() {
    local name=$1 hurt=$2 healed=$3 claim=$4 order=$5
    shift 5
    jq -R -n --arg name "$name" '[inputs | split("\t") | {at: (.[0] | tonumber), role: .[1], code: .[2], parts: (.[3] // "")}]' \
        <"$CAMPAIGN/$name.ready.tsv" >"$CAMPAIGN/$name.ready.json"
    jq -cn --arg fault "$name" --argjson hurt "$hurt" --argjson healed "$healed" --argjson claim "$claim" --argjson order "$order" \
        --slurpfile log "$CAMPAIGN/$name.ndjson" --slurpfile came "$CAMPAIGN/$name.came.json" --slurpfile ready "$CAMPAIGN/$name.ready.json" \
        --slurpfile verdict "$CAMPAIGN/$name.verify.json" --args '
        def seconds: (. * 1000 | round) / 1000;
        def decided: (.told | keys[0]) as $told | $told != "unknown" and $told != "door";
        ($came[0].began_ms / 1000) as $began
        | [$log[] | {kind: (.subject | keys[0]), campaign: .subject.claim, sent: ($began + .sent_us / 1e6),
                     answered: ($began + .answered_us / 1e6), decided: decided}] as $asked
        | def first($kind): [$asked[] | select(.kind == $kind and .decided and .answered >= $healed) | .answered] | min
            | if . == null then null else (. - $healed | seconds) end;
          def worst: [.[] | select(.sent >= $hurt - 1) | .answered - .sent] | max // 0 | seconds;
        [$ARGS.positional[] | capture("^(?<role>[^/]+)/(?<part>[^=]+)=(?<within>.*)$")
            | . as $wanted
            | [$ready[0][] | select(.role == $wanted.role and .at >= $hurt and (.parts | split(",") | any(startswith($wanted.part))))][0].at as $at
            | {what: "\(.role)/\(.part)", within_s: (.within | tonumber), after_s: (if $at then ($at - $hurt | seconds) else null end)}] as $named
        | {fault: $fault, lasted_s: ($healed - $hurt | seconds), asked: ($asked | length),
           undecided: ([$asked[] | select(.decided | not)] | length),
           first_claim_s: first("claim"), first_order_s: first("placement"),
           worst_claim_s: ([$asked[] | select(.kind == "claim")] | worst),
           worst_claim_by_campaign_s: ([$asked[] | select(.kind == "claim")] | group_by(.campaign) | map(worst) | sort),
           named: $named, not_ready: ([$ready[0][] | select(.at >= $hurt and .code != "200") | .role] | unique),
           proofs: ([$verdict[0].proof[]] | length), proofs_true: ([$verdict[0].proof[] | select(.)] | length)}
        | .holds = (.first_claim_s != null and .first_claim_s <= $claim and .first_order_s != null and .first_order_s <= $order
            and all(.named[]; .after_s != null and .after_s <= .within_s) and .proofs > 0 and .proofs == .proofs_true)' "$@"
}
