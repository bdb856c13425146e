# Installs what is missing: Debian's packages, only when needed. On other systems it names what to install.
# shellcheck shell=bash

# need WHAT=PACKAGE...: WHAT is a command, a file (it starts with a slash) or one of the has_ questions below.
need() {
    local pair missing=()
    for pair in "$@"; do
        present "${pair%%=*}" || missing+=("${pair#*=}")
    done
    ((${#missing[@]} == 0)) || locked "$CACHE/packages.lock" install_packages "${missing[@]}"
}

present() {
    case $1 in
        /*) [[ -e $1 ]] ;;
        has_*) "$1" ;;
        *) command -v "$1" >/dev/null ;;
    esac
}

# Everything at once before the first start, so that a fresh machine sees one installation instead of five.
need_everything() {
    need has_java=default-jdk-headless has_kafka_or_maven=maven has_postgres=postgresql redis-server=redis-server \
        gcc=gcc g++=g++ make=make /usr/include/zlib.h=zlib1g-dev
}

has_java() {
    local major
    command -v java >/dev/null || return 1
    major=$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')
    ((${major:-0} >= 17))
}

has_kafka_or_maven() { [[ -d $KAFKA_LIBRARIES ]] || command -v mvn >/dev/null; }

has_venv() { python3 -c 'import venv, ensurepip' 2>/dev/null; }

# has_python_packages FOLDER PACKAGE==VERSION...: whether a virtual environment has them; it is made if it is not there. What is fetched is
# kept outside the clone, at versions that do not drift.
has_python_packages() {
    [[ -e $1/complete ]] || (locked "$1.lock" install_python_packages "$@") >&2
}

# Made in its final place, because a virtual environment cannot be moved; the mark comes last.
install_python_packages() {
    local folder=$1
    shift
    [[ ! -e $folder/complete ]] || return 0
    need python3=python3 has_venv=python3-venv
    say "fetching $* into $folder"
    rm -rf -- "$folder"
    { python3 -m venv "$folder" && "$folder/bin/pip" install --quiet --disable-pip-version-check "$@"; } >"$folder.log" 2>&1 </dev/null \
        || { show_tail "$folder.log" && return 1; }
    touch -- "$folder/complete"
}

has_postgres() { postgres_programs any >/dev/null; }

# postgres_programs VERSION|any: the folder with initdb and postgres, which Debian keeps out of PATH; of any the newest.
postgres_programs() {
    local folder newest="" version=$1
    [[ $version != any ]] || version='*'
    # shellcheck disable=SC2231 # The star is meant to be one.
    for folder in /usr/lib/postgresql/$version/bin /usr/pgsql-$version/bin; do
        if [[ -x $folder/initdb && -x $folder/postgres ]]; then
            newest=$(printf '%s\n' "$newest" "$folder" | sort -V | tail -n 1)
        fi
    done
    if [[ -z $newest && $1 == any ]] && newest=$(command -v initdb); then
        newest=$(dirname -- "$(readlink -f -- "$newest")")
    fi
    [[ -n $newest ]] && echo "$newest"
}

install_packages() {
    local as_root=() log=$CACHE/packages.log
    command -v apt-get >/dev/null || die "please install these first (Debian's names): $*"
    if ((EUID != 0)); then
        command -v sudo >/dev/null || die "please install these first: apt-get install $*"
        as_root=(sudo)
    fi
    say "installing $* (log: $log)"
    : >"$log"
    "${as_root[@]}" bash -s -- "$@" >>"$log" 2>&1 <"$ROOT/scripts/lib/install-packages.sh" \
        || { show_tail "$log" && die "could not install: $*"; }
}
