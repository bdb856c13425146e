# What the scripts share: where things are, and the words in lib/, one file per idea, in reading order.
# Sourced, never run. It relies on bash, coreutils and util-linux only; everything else is installed on demand.
# shellcheck shell=bash
set -euo pipefail

ROOT=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
CACHE=${XDG_CACHE_HOME:-${HOME:-/var/tmp}/.cache}/timesale

# Everything that runs keeps its data, logs, pids and addresses here, so two runs with two folders never meet.
RUN=${TIMESALE_RUN:-$ROOT/.run}
[[ $RUN == /* ]] || RUN=$PWD/$RUN
export TIMESALE_RUN=$RUN

# shellcheck source=scripts/lib/say.sh
. "$ROOT/scripts/lib/say.sh"
# shellcheck source=scripts/lib/locks.sh
. "$ROOT/scripts/lib/locks.sh"
# shellcheck source=scripts/lib/env_file.sh
. "$ROOT/scripts/lib/env_file.sh"
# shellcheck source=scripts/lib/process.sh
. "$ROOT/scripts/lib/process.sh"
# shellcheck source=scripts/lib/probes.sh
. "$ROOT/scripts/lib/probes.sh"
# shellcheck source=scripts/lib/ports.sh
. "$ROOT/scripts/lib/ports.sh"
# shellcheck source=scripts/lib/packages.sh
. "$ROOT/scripts/lib/packages.sh"
# shellcheck source=scripts/lib/services.sh
. "$ROOT/scripts/lib/services.sh"
# shellcheck source=scripts/lib/build.sh
. "$ROOT/scripts/lib/build.sh"
# shellcheck source=scripts/lib/roles.sh
. "$ROOT/scripts/lib/roles.sh"
# shellcheck source=scripts/lib/monitors.sh
. "$ROOT/scripts/lib/monitors.sh"
# shellcheck source=scripts/lib/seed.sh
. "$ROOT/scripts/lib/seed.sh"
