# Prometheus and Alertmanager beside the roles: which addresses they are told, starting them. They are stopped with the services.
# shellcheck shell=bash

MONITORS=(alertmanager prometheus)

need_monitors() { need prometheus=prometheus promtool=prometheus prometheus-alertmanager=prometheus-alertmanager amtool=prometheus-alertmanager; }

# The admin ports of the roles of this run, or the targets that the caller names; and the Alertmanager of this run, if there is one.
# Prometheus looks at these files by itself, so they are written beside and renamed.
write_targets() {
    local folder=$RUN/prometheus role port
    mkdir -p -- "$folder"
    if [[ -n ${PROMETHEUS_TARGETS:-} ]]; then
        cp -f -- "$PROMETHEUS_TARGETS" "$folder/targets.yml.new"
    else
        echo '# Written by scripts/lib/monitors.sh: the roles of this run.' >"$folder/targets.yml.new"
        for role in "${ROLES[@]}"; do
            # The stubs show no metrics.
            [[ $role != provider && $role != market ]] || continue
            port=$(role_admin_port "$role")
            [[ -z $port ]] || printf -- '- { targets: ["127.0.0.1:%s"], labels: { role: %s } }\n' "$port" "$role" >>"$folder/targets.yml.new"
        done
    fi
    mv -f -- "$folder/targets.yml.new" "$folder/targets.yml"
    port=$(recall ALERTMANAGER_PORT)
    {
        echo '# Written by scripts/lib/monitors.sh: the Alertmanager of this run.'
        [[ -z $port ]] || printf -- '- { targets: ["127.0.0.1:%s"] }\n' "$port"
    } >"$folder/alertmanagers.yml.new"
    mv -f -- "$folder/alertmanagers.yml.new" "$folder/alertmanagers.yml"
}

start_monitors() {
    local monitor
    for monitor in "${MONITORS[@]}"; do
        "$ROOT/scripts/services/$monitor" start || die "$monitor did not start"
    done
    # One that ran already was told the ports of an earlier start.
    write_targets
}
