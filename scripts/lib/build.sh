# The one Rust binary, in the one profile, with the load test and the stand-ins that these scripts use.
# shellcheck shell=bash

# What runs in production is built without features; see the Dockerfile.
FEATURES=timesale/loadtest
BINARY=${CARGO_TARGET_DIR:-$ROOT/target}/release/timesale

# The program looks for its config where it is called; here it is called from anywhere.
[[ ! -e $ROOT/timesale.toml ]] || export TIMESALE_CONFIG=${TIMESALE_CONFIG:-$ROOT/timesale.toml}

need_cargo() {
    [[ ! -x ${CARGO_HOME:-${HOME:-}/.cargo}/bin/cargo ]] || PATH=$PATH:${CARGO_HOME:-$HOME/.cargo}/bin
    command -v cargo >/dev/null || die "cargo is missing; install Rust from https://rustup.rs, rust-toolchain.toml does the rest"
}

# Quiet unless it fails, but silence for minutes would look like a hang: once a minute it says where it is.
# A function in a subshell, for its trap: whoever interrupts the script interrupts cargo too.
build() (
    began=$EPOCHREALTIME
    log=$RUN/build.log
    need_cargo
    mkdir -p -- "$RUN"
    [[ -x $BINARY ]] || say "building timesale; the first time takes some minutes (log: $log)"
    cargo build --release --locked --manifest-path "$ROOT/Cargo.toml" -p timesale --features "$FEATURES" >"$log" 2>&1 </dev/null &
    cargo=$!
    trap 'kill -s TERM "$cargo" 2>/dev/null || true' EXIT
    while ! await 60 gone "$cargo"; do
        say "still building after $(since "$began") s: $(tail -n 1 -- "$log")"
    done
    trap - EXIT
    wait "$cargo" || { show_tail "$log" 60 && die "timesale does not build; log: $log"; }
)

apply_topics() {
    "$BINARY" topics apply --yes --wait 60 >&2 || die "topics.yaml could not be applied to the broker at $KAFKA_BOOTSTRAP"
}
