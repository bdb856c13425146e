# Free ports, chosen once and kept in the env file.
# shellcheck shell=bash

# port_for KEY: prints the port this run keeps under KEY, choosing one the first time. Call it only while the service
# is down. A kept port that another process has taken meanwhile is given up for a new one.
port_for() {
    local kept
    kept=$(recall "$1")
    # A process killed a moment ago may still be giving its port back.
    if [[ -n $kept ]] && await 2 port_free "$kept"; then
        echo "$kept"
        return 0
    fi
    [[ -z $kept ]] || say "port $kept ($1) is taken by another program now; choosing a new one"
    locked "$RUN/env.lock" choose_port "$1"
}

port_free() { ! listens "$1"; }

# Every run folder has its own block of 20 ports, so that two first starts at the same moment look in different places.
# All lie below the kernel's ephemeral range (32768 and up): a client that keeps dialling a dead server on an ephemeral
# port can end up connected to itself and then hold the port against the server's return.
choose_port() {
    local sum start offset port
    sum=$(printf '%s' "$RUN" | cksum)
    start=$((${sum%% *} % 600 * 20))
    for ((offset = 0; offset < 12000; offset++)); do
        port=$((20000 + (start + offset) % 12000))
        [[ ! -e $ENV_FILE ]] || ! grep -q "_PORT='$port'\$" "$ENV_FILE" || continue
        port_free "$port" || continue
        write_env "$1" "$port"
        echo "$port"
        return 0
    done
    die "no free port between 20000 and 31999"
}
