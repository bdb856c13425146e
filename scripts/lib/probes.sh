# Is it answering? Asked in each service's own protocol through bash's /dev/tcp, so that no client has to be installed
# and no JVM has to start for a health check.
# shellcheck shell=bash

# listens PORT: somebody accepts connections there.
listens() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# ask PORT SECONDS REQUEST COMMAND...: sends the request (a printf format) and lets the command read the answer.
ask() {
    local port=$1 patience=$2 request=$3
    shift 3
    (
        exec 3<>"/dev/tcp/127.0.0.1/$port" || exit 1
        # shellcheck disable=SC2059 # The request is written as a format because it holds bytes.
        printf "$request" >&3
        timeout "$patience" "$@" <&3
    ) 2>/dev/null
}

# An ApiVersions request, version 0: the answer repeats correlation id 1 and carries error code 0. Kafka opens this port
# only when the broker is unfenced, so an answer means that it takes records.
kafka_answers() {
    local answer
    answer=$(ask "$1" 2 '\0\0\0\012\0\022\0\0\0\0\0\001\377\377' head -c 10 | od -An -tu1 | tr -s ' \n' ' ') || return 1
    [[ $answer == *' 0 0 0 1 0 0 ' || $answer == *' 0 0 0 1 0 0' ]]
}

redis_answers() { [[ $(ask "$1" 2 'PING\r\n' head -n 1) == +PONG* ]]; }

# http_status PORT PATH: prints the status code of a GET.
http_status() {
    local line
    line=$(ask "$1" 5 "GET $2 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n" head -n 1) || return 1
    [[ $line =~ ^HTTP/1\.[01]\ ([0-9]{3}) ]] || return 1
    echo "${BASH_REMATCH[1]}"
}

http_ok() { [[ $(http_status "$1" "$2") == 200 ]]; }

# http_send PORT METHOD PATH TOKEN KEY BODY: prints the status code of a request with a JSON body, which holds no '%'.
http_send() {
    local line
    line=$(ask "$1" 15 "$2 $3 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer $4\r\nIdempotency-Key: $5\r\nContent-Type: application/json\r\nContent-Length: ${#6}\r\n\r\n$6" head -n 1) || return 1
    [[ $line =~ ^HTTP/1\.[01]\ ([0-9]{3}) ]] || return 1
    echo "${BASH_REMATCH[1]}"
}
