# $TIMESALE_RUN/env: ports, addresses and folders of this run, one KEY='value' per line, so that a restart finds its port
# again and a person can say `. .run/env`. It holds the database password, hence mode 600.
# shellcheck shell=bash

ENV_FILE=$RUN/env

recall() {
    [[ -e $ENV_FILE ]] || return 0
    sed -n "s/^$1='\(.*\)'\$/\1/p" "$ENV_FILE"
}

remember() { locked "$RUN/env.lock" write_env "$1" "$2"; }

forget() { locked "$RUN/env.lock" write_env "$1" ""; }

# Written beside and renamed, so that a reader sees the old file or the new one and never half of one.
write_env() {
    local key=$1 value=$2
    [[ $value != *[\'$'\n']* ]] || die "$key must hold neither a quote nor a line break: $value"
    (
        umask 077
        {
            [[ ! -e $ENV_FILE ]] || sed "/^$key=/d" "$ENV_FILE"
            [[ -z $value ]] || printf "%s='%s'\n" "$key" "$value"
        } >"$ENV_FILE.new"
    )
    mv -f -- "$ENV_FILE.new" "$ENV_FILE"
}
