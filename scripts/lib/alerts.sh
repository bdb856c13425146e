# Watching alerts while faults are made: what Prometheus says once a second, what each fault must fire, and whether it did in time.
# shellcheck shell=bash

ALERTS=$RUN/alerts
SEEN=$ALERTS/seen.ndjson
EXPECTED=$ALERTS/expected.ndjson
# Beyond an alert's own wait: a look of the collector, a scrape and an evaluation take 5 s each at most.
MARGIN_SECONDS=15

prometheus_asked() { curl -fsS --max-time 10 --get "$(recall TIMESALE_PROMETHEUS_URL)/api/v1/$1" "${@:2}"; }

# One line a second: what fires, and what Alertmanager has been told, whether it passes it on or not.
watch_alerts() {
    mkdir -p -- "$ALERTS"
    : >"$SEEN"
    : >"$EXPECTED"
    prometheus_asked rules | jq '[.data.groups[].rules[] | select(.type == "alerting") | {(.name): {for: .duration, expr: .query}}] | add' >"$ALERTS/rules.json"
    spawn "$ALERTS/watch.pid" "$ALERTS/watch.log" bash "$ROOT/scripts/lib/watch-alerts.sh" \
        "$(recall TIMESALE_PROMETHEUS_URL)" "$(recall TIMESALE_ALERTMANAGER_URL)" "$SEEN"
}

stop_watching() { stop_process "$ALERTS/watch.pid" TERM 5 watch-alerts.sh; }

# expect FAULT SECONDS ALERT [LABEL=VALUE]: from now on the alert's condition holds, or will after so many seconds: those that its
# expression itself waits for. It must fire after these, its `for`, and the margin.
expect() {
    local fault=$1 seconds=$2 alert=$3 label=${4:-}
    jq -e --arg alert "$alert" 'has($alert)' "$ALERTS/rules.json" >/dev/null || die "there is no rule $alert"
    jq -cn --arg fault "$fault" --arg alert "$alert" --arg label "$label" --argjson from "$(now)" --argjson seconds "$seconds" \
        '$ARGS.named' >>"$EXPECTED"
}

# healed ALERT...: from now on what fires these is over.
healed() {
    local alert
    for alert in "$@"; do
        jq -cn --arg healed "$alert" --argjson at "$(now)" '$ARGS.named' >>"$EXPECTED"
    done
}

# What became of everything that was expected, as one JSON array.
judged() {
    jq -cn --slurpfile seen "$SEEN" --slurpfile expected "$EXPECTED" --slurpfile rules "$ALERTS/rules.json" --argjson margin "$MARGIN_SECONDS" '
        def tenths: if . == null then null else (. * 10 | round) / 10 end;
        def is($row): .alert == $row.alert and ($row.label == "" or (.labels[$row.label | split("=")[0]] == ($row.label | split("=")[1])));
        [$expected[] | select(.alert)] | map(. as $row
            | ([$seen[] | select(.at >= $row.from) | select(any(.firing[]; is($row))) | .at] | first) as $fired
            | ([$expected[] | select(.healed == $row.alert and .at >= $row.from) | .at] | first) as $healed
            | (if $fired == null or $healed == null then null
               else [$seen[] | select(.at >= $healed and .at > $fired) | select(any(.firing[]; is($row)) | not) | .at] | first end) as $resolved
            | ([$seen[] | select(.at >= $row.from) | select(any(.told[]; . == $row.alert)) | .at] | first) as $told
            | ($row.seconds + $rules[0][$row.alert].for + $margin) as $bound
            | {fault: $row.fault, alert: $row.alert, condition_s: $row.seconds, for_s: $rules[0][$row.alert].for, bound_s: $bound,
               fired_after_s: (if $fired then $fired - $row.from else null end | tenths),
               in_time: ($fired != null and $fired - $row.from <= $bound),
               arrived: ($told != null),
               resolved_after_s: (if $resolved then $resolved - $healed else null end | tenths)})'
}

# outstanding ALERT...: what has neither fired nor passed its bound, but for these.
outstanding() {
    judged | jq -r --slurpfile expected "$EXPECTED" --argjson now "$(now)" --arg but "$*" '
        [$expected[] | select(.alert)] as $rows
        | [to_entries[] | select(.value.fired_after_s == null and $rows[.key].from + .value.bound_s > $now) | .value.alert]
        - ($but | split(" ")) | unique | join(" ")'
}

unresolved() { judged | jq -r '[.[] | select(.fired_after_s != null and .resolved_after_s == null) | .alert] | unique | join(" ")'; }

# await_resolved SECONDS
await_resolved() {
    local began=$EPOCHREALTIME until=$((SECONDS + $1)) left
    while left=$(unresolved) && [[ -n $left ]] && ((SECONDS < until)); do sleep 5; done
    say "${left:-everything} ${left:+has not }resolved after $(since "$began") s"
}

# await_alerts ALERT...: waits until everything expected has fired or is late, but for these, and says what is late.
await_alerts() {
    local began=$EPOCHREALTIME late
    while [[ -n $(outstanding "$@") ]]; do sleep 2; done
    late=$(judged | jq -r --arg but "$*" '[.[] | select(.in_time | not) | .alert] - ($but | split(" ")) | unique | join(" ")')
    say "what was expected has fired after $(since "$began") s${late:+, but not in time: $late}"
}

# stored_alerts SINCE: the alerts that have fired since then, as Prometheus has stored them.
stored_alerts() {
    prometheus_asked query_range --data-urlencode 'query=ALERTS{alertstate="firing"}' --data-urlencode "start=$1" --data-urlencode "end=$(now)" \
        --data-urlencode step=5 | jq -r '[.data.result[].metric.alertname] | unique | join(" ")'
}
