# watch-alerts.sh PROMETHEUS ALERTMANAGER FILE: appends once a second what fires and what Alertmanager has been told, until it is stopped.
# A program of its own, so that it can be stopped by its pid.
# shellcheck shell=bash
set -u

prometheus=$1 alertmanager=$2 file=$3

while :; do
    at=${EPOCHREALTIME/,/.}
    firing=$(curl -fsS --max-time 5 "$prometheus/api/v1/alerts" | jq -c '[.data.alerts[] | select(.state == "firing") | {alert: .labels.alertname, labels}]')
    told=$(curl -fsS --max-time 5 "$alertmanager/api/v2/alerts" | jq -c '[.[].labels.alertname] | unique')
    [[ -z $firing ]] || printf '{"at":%s,"firing":%s,"told":%s}\n' "$at" "$firing" "${told:-[]}" >>"$file"
    sleep 1
done
