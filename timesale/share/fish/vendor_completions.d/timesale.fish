# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_timesale_global_optspecs
    string join \n config= check-config dev log-format= log= h/help V/version
end

function __fish_timesale_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_timesale_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_timesale_using_subcommand
    set -l cmd (__fish_timesale_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c timesale -n "__fish_timesale_needs_command" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_needs_command" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_needs_command" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_needs_command" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_needs_command" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_needs_command" -s V -l version -d 'Print version'
complete -c timesale -n "__fish_timesale_needs_command" -f -a "serve" -d 'Run a role until a request to stop'
complete -c timesale -n "__fish_timesale_needs_command" -f -a "topics" -d 'Check, plan and create the topics of topics.yaml'
complete -c timesale -n "__fish_timesale_needs_command" -f -a "token" -d 'Mint a development token'
complete -c timesale -n "__fish_timesale_needs_command" -f -a "verify" -d 'Prove from topics, Postgres and Redis that the promises held'
complete -c timesale -n "__fish_timesale_needs_command" -f -a "settle" -d 'What sellers are owed'
complete -c timesale -n "__fish_timesale_needs_command" -f -a "prices" -d 'What products cost'
complete -c timesale -n "__fish_timesale_needs_command" -f -a "lag" -d 'How far groups are behind, asked of Kafka itself: in records and in seconds, worst first'
complete -c timesale -n "__fish_timesale_needs_command" -f -a "tap" -d 'Read any part of any topic: filtered, personal fields masked, without a group and without a trace'
complete -c timesale -n "__fish_timesale_needs_command" -f -a "dead-letters" -d 'Records that no build could handle: look at them, replay them once they are repaired, or drop them'
complete -c timesale -n "__fish_timesale_needs_command" -f -a "partitions" -d 'Partitions of processors that cannot go on while their neighbours do: which and why, and a word that lets one go on'
complete -c timesale -n "__fish_timesale_needs_command" -f -a "story" -d 'Everything that happened to one order, coupon, request or trace, across topics, with who caused what'
complete -c timesale -n "__fish_timesale_needs_command" -f -a "health" -d 'Ask the local role whether it is ready: for a container\'s health check'
complete -c timesale -n "__fish_timesale_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand serve" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand serve" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand serve" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand serve" -l stop-with-stdin -d 'Stop when standard input ends: for a supervisor that must not leave orphans'
complete -c timesale -n "__fish_timesale_using_subcommand serve" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand serve" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and not __fish_seen_subcommand_from validate plan apply list describe schema help" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand topics; and not __fish_seen_subcommand_from validate plan apply list describe schema help" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand topics; and not __fish_seen_subcommand_from validate plan apply list describe schema help" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand topics; and not __fish_seen_subcommand_from validate plan apply list describe schema help" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and not __fish_seen_subcommand_from validate plan apply list describe schema help" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and not __fish_seen_subcommand_from validate plan apply list describe schema help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and not __fish_seen_subcommand_from validate plan apply list describe schema help" -f -a "validate" -d 'Check the manifest itself; no broker needed'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and not __fish_seen_subcommand_from validate plan apply list describe schema help" -f -a "plan" -d 'Say what the broker lacks. Exits 2 when something would change'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and not __fish_seen_subcommand_from validate plan apply list describe schema help" -f -a "apply" -d 'Plan again, then create what is missing and set what differs. Never deletes, shrinks or re-keys'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and not __fish_seen_subcommand_from validate plan apply list describe schema help" -f -a "list" -d 'Every topic: what it is for, how much is in it, and who reads it'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and not __fish_seen_subcommand_from validate plan apply list describe schema help" -f -a "describe" -d 'One topic, with its partitions, settings, personal fields and readers'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and not __fish_seen_subcommand_from validate plan apply list describe schema help" -f -a "schema" -d 'The JSON Schema of a topic\'s values'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and not __fish_seen_subcommand_from validate plan apply list describe schema help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from validate" -l file -d 'A manifest other than the one built in' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from validate" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from validate" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from validate" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from validate" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from validate" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from validate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from plan" -l file -d 'A manifest other than the one built in' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from plan" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from plan" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from plan" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from plan" -l json -d 'One JSON object on stdout instead of text'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from plan" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from plan" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from plan" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from apply" -l file -d 'A manifest other than the one built in' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from apply" -l wait -d 'How long to wait for a broker that is not there yet, seconds' -r
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from apply" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from apply" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from apply" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from apply" -l json -d 'One JSON object on stdout instead of text'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from apply" -l yes -d 'Do it without asking'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from apply" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from apply" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from apply" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from list" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from list" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from list" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from list" -l json -d 'One JSON object instead of a table'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from list" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from list" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from describe" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from describe" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from describe" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from describe" -l json -d 'One JSON object instead of text'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from describe" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from describe" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from describe" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from schema" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from schema" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from schema" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from schema" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from schema" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from schema" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "validate" -d 'Check the manifest itself; no broker needed'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "plan" -d 'Say what the broker lacks. Exits 2 when something would change'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "apply" -d 'Plan again, then create what is missing and set what differs. Never deletes, shrinks or re-keys'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "list" -d 'Every topic: what it is for, how much is in it, and who reads it'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "describe" -d 'One topic, with its partitions, settings, personal fields and readers'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "schema" -d 'The JSON Schema of a topic\'s values'
complete -c timesale -n "__fish_timesale_using_subcommand topics; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand token" -l role -d 'A role, repeatable: shopper, operator, seller, analyst, privacy' -r -f -a "shopper\t''
operator\t''
seller\t''
analyst\t''
privacy\t''"
complete -c timesale -n "__fish_timesale_using_subcommand token" -l seller -d 'The seller that the role seller is for' -r
complete -c timesale -n "__fish_timesale_using_subcommand token" -l segment -d 'A segment, repeatable' -r
complete -c timesale -n "__fish_timesale_using_subcommand token" -l ttl -d 'How long it is valid, seconds' -r
complete -c timesale -n "__fish_timesale_using_subcommand token" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand token" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand token" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand token" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand token" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand token" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand verify" -l client-log -d 'The client log of a sale: what each client was answered' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand verify" -l settle -d 'How long to wait for sinks and processors to catch up before something that differs counts, seconds' -r
complete -c timesale -n "__fish_timesale_using_subcommand verify" -l dead-letters -d 'How many dead letters are expected; more is a counterexample. Without it they are counted only' -r
complete -c timesale -n "__fish_timesale_using_subcommand verify" -l ingress -d 'Compare the prices that ingress shows at this address, `http://host:port`' -r
complete -c timesale -n "__fish_timesale_using_subcommand verify" -l provider -d 'Compare with the books of the payment provider, or of its stand-in, at this address; the key is that of the connector' -r
complete -c timesale -n "__fish_timesale_using_subcommand verify" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand verify" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand verify" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand verify" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand verify" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand verify" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand settle; and not __fish_seen_subcommand_from export help" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand settle; and not __fish_seen_subcommand_from export help" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand settle; and not __fish_seen_subcommand_from export help" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand settle; and not __fish_seen_subcommand_from export help" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand settle; and not __fish_seen_subcommand_from export help" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand settle; and not __fish_seen_subcommand_from export help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand settle; and not __fish_seen_subcommand_from export help" -f -a "export" -d 'Write statements, their lines or the pay-outs to a file, as Postgres has them'
complete -c timesale -n "__fish_timesale_using_subcommand settle; and not __fish_seen_subcommand_from export help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from export" -l format -d 'As what' -r -f -a "csv\t'For spreadsheets'
parquet\t'For analysis'"
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from export" -l table -d 'Which rows: every line, the days, or what is paid out for them' -r -f -a "lines\t'Every line of every day'
statements\t'The days'
pay-outs\t'What is paid out for closed days'"
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from export" -l seller -d 'Of one seller only' -r
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from export" -l from -d 'From this day on, such as 2026-11-23' -r
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from export" -l to -d 'Up to and with this day' -r
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from export" -l output -d 'Where to; without it, to standard output. It appears when it is whole' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from export" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from export" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from export" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from export" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from export" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from export" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from help" -f -a "export" -d 'Write statements, their lines or the pay-outs to a file, as Postgres has them'
complete -c timesale -n "__fish_timesale_using_subcommand settle; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand prices; and not __fish_seen_subcommand_from restate help" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand prices; and not __fish_seen_subcommand_from restate help" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand prices; and not __fish_seen_subcommand_from restate help" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand prices; and not __fish_seen_subcommand_from restate help" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand prices; and not __fish_seen_subcommand_from restate help" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand prices; and not __fish_seen_subcommand_from restate help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand prices; and not __fish_seen_subcommand_from restate help" -f -a "restate" -d 'Tell the prices processor again what every product costs with us: for products that were defined before there was one. It can be called at any time, and again'
complete -c timesale -n "__fish_timesale_using_subcommand prices; and not __fish_seen_subcommand_from restate help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand prices; and __fish_seen_subcommand_from restate" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand prices; and __fish_seen_subcommand_from restate" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand prices; and __fish_seen_subcommand_from restate" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand prices; and __fish_seen_subcommand_from restate" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand prices; and __fish_seen_subcommand_from restate" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand prices; and __fish_seen_subcommand_from restate" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand prices; and __fish_seen_subcommand_from help" -f -a "restate" -d 'Tell the prices processor again what every product costs with us: for products that were defined before there was one. It can be called at any time, and again'
complete -c timesale -n "__fish_timesale_using_subcommand prices; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l topic -d 'This topic only' -r
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l sort -d 'In which order' -r -f -a "worst\t'The worst status first, then the most seconds'
seconds\t'The most seconds first'
records\t'The most records first'
trend\t'The steepest trend first'
name\t'By name'"
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l watch -d 'Look again every so many seconds' -r
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l max-seconds -d 'End with 1 if a group is further behind than this' -r
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l wait -d 'Wait so long until all are within; without a limit, until nothing waits' -r
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l partitions -d 'A line for each partition, with position, ends and owner'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l all -d 'Groups of others too'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l json -d 'One JSON object instead of a table'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l markdown -d 'The table as Markdown'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l slo -d 'End with 1 if a group is further behind than topics.yaml allows'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -a "explain" -d 'Say why a group is behind, with the evidence. Looks for some seconds first'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and not __fish_seen_subcommand_from explain help" -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and __fish_seen_subcommand_from explain" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand lag; and __fish_seen_subcommand_from explain" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand lag; and __fish_seen_subcommand_from explain" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand lag; and __fish_seen_subcommand_from explain" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and __fish_seen_subcommand_from explain" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Say why a group is behind, with the evidence. Looks for some seconds first'
complete -c timesale -n "__fish_timesale_using_subcommand lag; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l from -d 'From here on: beginning, end, OFFSET, P:OFFSET[,P:OFFSET…], a time (2026-11-28, "2026-11-28 10:00", 2026-11-28T10:00:00+09:00), or an age (15m, 2h30m, 3d)' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l to -d 'Up to here, and not with it. Without it, up to the end that is there when the tap begins' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l last -d 'So many of the newest records, or those of so long: 20, 15m. Without a range, 20' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l at -d 'One record' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l during -d 'While the coupons of this campaign can be claimed' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l partition -d 'These partitions only: 0,2-3' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l zone -d 'The zone of times without an offset, and of those that are shown' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l key -d 'This key, exactly; repeatable. Only the partition is read where producers put it' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l event -d 'Records of these types, by their header event-type' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l header -d 'A header that is this, or matches this pattern; repeatable' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l trace -d 'Records of this trace, by the trace id in their header traceparent' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l contains -d 'Records whose value has these bytes somewhere' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l where -d 'Records for which this is true: CEL over topic, partition, offset, timestamp, key, event, headers, value' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l sample -d 'One key of so many: 1/100 or 1/100@SEED. The same keys in every topic and every run' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l limit -d 'Stop after so many records that match' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l max-scan -d 'Stop after so much was read: 100000 records, or 2GiB' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l for -d 'Stop after so long: 30s' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l isolation -d 'Which records there are to see; uncommitted shows all, each with what became of its transaction' -r -f -a "committed\t'Committed ones'
uncommitted\t'All'"
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l columns -d 'Columns out of the value by JSON pointer, or of the envelope by name: order=/order,won=/fact/order_paid/amount:int,offset' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l mask -d 'What becomes of personal fields. Without the installation\'s secret, hash is redact' -r -f -a "hash\t'Twelve hex digits, the same for the same text'
redact\t'The word redacted'
drop\t'They are left out'"
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l unmask -d 'Show personal fields, for this reason, which is written to the audit topic first' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l format -d 'As what; pretty on a terminal, ndjson otherwise' -r -f -a "pretty\t'For people'
ndjson\t'One JSON object a line'
values\t'The values\' bytes, each with a newline'
kcat\t'As kcat -J'
csv\t'Comma-separated, with a header line'
tsv\t'Tab-separated, with a header line'
parquet\t'Apache Parquet'"
complete -c timesale -n "__fish_timesale_using_subcommand tap" -s o -l output -d 'Where to; its ending chooses the format. It appears when it is whole' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l to-topic -d 'Copy records to this shadow topic of topics.yaml, masked as any output, with partition, key, headers and time, and the header source' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l resume -d 'Keep in this file how far the export is, and go on from there if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l rate -d 'Most bytes a second to read: 64MiB unless said; max is as fast as it goes' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l summary -d 'How it is told on stderr what was read' -r -f -a "text\t'For people'
json\t'One JSON object'"
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l all -d 'Everything'
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l follow -d 'Go on with what is written later'
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l everywhere -d 'Look for keys in every partition'
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l latest -d 'The newest record of each key only'
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l by-time -d 'Merged over all partitions and topics by time'
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l quiet -d 'Do not tell what was read'
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l strict -d 'End with 65 at a record that cannot be read as asked'
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l expect -d 'End with 1 if nothing matched'
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l complete -d 'End with 1 if not everything that was asked for was read'
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand tap" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand tap" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and not __fish_seen_subcommand_from list show replay drop help" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and not __fish_seen_subcommand_from list show replay drop help" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and not __fish_seen_subcommand_from list show replay drop help" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and not __fish_seen_subcommand_from list show replay drop help" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and not __fish_seen_subcommand_from list show replay drop help" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and not __fish_seen_subcommand_from list show replay drop help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and not __fish_seen_subcommand_from list show replay drop help" -f -a "list" -d 'Show how many there are, by who could not handle them, topic and reason, and the newest one by one'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and not __fish_seen_subcommand_from list show replay drop help" -f -a "show" -d 'Show one: where it came from, how far it can be decoded, and the schema beside it'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and not __fish_seen_subcommand_from list show replay drop help" -f -a "replay" -d 'Append the records of letters to their inboxes again, each once. Facts are never replayed'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and not __fish_seen_subcommand_from list show replay drop help" -f -a "drop" -d 'Note that letters need nothing more'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and not __fish_seen_subcommand_from list show replay drop help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from list" -l topic -d 'Letters of records of this topic only' -r
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from list" -l reason -d 'Letters only whose reason, as the list shows it, begins so' -r
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from list" -l since -d 'Letters from then on only: 15m, 2h30m or 3d ago, a day, or an instant of RFC 3339' -r
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from list" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from list" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from list" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from list" -l unhandled -d 'Only those that were neither replayed nor dropped'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from list" -l handled -d 'Only those that were replayed or dropped'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from list" -l json -d 'One JSON object instead of tables'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from list" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from list" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from show" -l unmask -d 'Show personal fields too; the reason is written to the audit topic first' -r
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from show" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from show" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from show" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from show" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from show" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from show" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from replay" -l topic -d 'Every unhandled letter of a record of this topic' -r
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from replay" -l reason -d 'Whose reason, as the list shows it, begins so' -r
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from replay" -l limit -d 'So many letters at most, the oldest of each partition first' -r
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from replay" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from replay" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from replay" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from replay" -l again -d 'Also records that have been replayed twice and came back'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from replay" -l dry-run -d 'Say what would be done, and do nothing'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from replay" -l yes -d 'Do it'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from replay" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from replay" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from drop" -l because -d 'Why they need nothing more; it stands in the note' -r
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from drop" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from drop" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from drop" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from drop" -l yes -d 'Do it'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from drop" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from drop" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from drop" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show how many there are, by who could not handle them, topic and reason, and the newest one by one'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from help" -f -a "show" -d 'Show one: where it came from, how far it can be decoded, and the schema beside it'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from help" -f -a "replay" -d 'Append the records of letters to their inboxes again, each once. Facts are never replayed'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from help" -f -a "drop" -d 'Note that letters need nothing more'
complete -c timesale -n "__fish_timesale_using_subcommand dead-letters; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and not __fish_seen_subcommand_from list resume set-aside help" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and not __fish_seen_subcommand_from list resume set-aside help" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and not __fish_seen_subcommand_from list resume set-aside help" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and not __fish_seen_subcommand_from list resume set-aside help" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and not __fish_seen_subcommand_from list resume set-aside help" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and not __fish_seen_subcommand_from list resume set-aside help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and not __fish_seen_subcommand_from list resume set-aside help" -f -a "list" -d 'Show which are parked, in front of which record, since when and why'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and not __fish_seen_subcommand_from list resume set-aside help" -f -a "resume" -d 'Let one go on where it stands: its record is read again, or its state'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and not __fish_seen_subcommand_from list resume set-aside help" -f -a "set-aside" -d 'Move the one record that a partition is parked in front of to the dead letters, and let it go on behind it'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and not __fish_seen_subcommand_from list resume set-aside help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from list" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from list" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from list" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from list" -l json -d 'One JSON object instead of a table'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from list" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from list" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from list" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from resume" -l because -d 'Why; it stands in the control topic' -r
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from resume" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from resume" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from resume" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from resume" -l yes -d 'Do it'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from resume" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from resume" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from resume" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from set-aside" -l because -d 'Why; it stands in the control topic and in the dead letter' -r
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from set-aside" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from set-aside" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from set-aside" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from set-aside" -l yes -d 'Do it'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from set-aside" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from set-aside" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from set-aside" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from help" -f -a "list" -d 'Show which are parked, in front of which record, since when and why'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from help" -f -a "resume" -d 'Let one go on where it stands: its record is read again, or its state'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from help" -f -a "set-aside" -d 'Move the one record that a partition is parked in front of to the dead letters, and let it go on behind it'
complete -c timesale -n "__fish_timesale_using_subcommand partitions; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand story" -l format -d 'How it is shown' -r -f -a "pretty\t'For people'
ndjson\t'A JSON object a record, and one at the end with what was read'"
complete -c timesale -n "__fish_timesale_using_subcommand story" -l unmask -d 'Show personal fields; the reason is written to the audit topic first' -r
complete -c timesale -n "__fish_timesale_using_subcommand story" -l hours -d 'How many hours back a trace, or what Postgres does not know, is looked for; 0 is the whole log' -r
complete -c timesale -n "__fish_timesale_using_subcommand story" -l zone -d 'The time zone of what is shown' -r
complete -c timesale -n "__fish_timesale_using_subcommand story" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand story" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand story" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand story" -l expect -d 'An empty story, or one that is not complete, is an error'
complete -c timesale -n "__fish_timesale_using_subcommand story" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand story" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand story" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand health" -l config -d 'Configuration file. Without it `timesale.toml` is read if it is there' -r -F
complete -c timesale -n "__fish_timesale_using_subcommand health" -l log-format -d 'How log lines on stderr look' -r -f -a "human\t'One line for people'
json\t'One JSON object per line'"
complete -c timesale -n "__fish_timesale_using_subcommand health" -l log -d 'What is logged, as tracing filter directives' -r
complete -c timesale -n "__fish_timesale_using_subcommand health" -l check-config -d 'Print the configuration as it takes effect, secrets as fingerprints, and stop'
complete -c timesale -n "__fish_timesale_using_subcommand health" -l dev -d 'Development: a well-known secret stands in for a missing one. Refused unless every address is a loopback address'
complete -c timesale -n "__fish_timesale_using_subcommand health" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c timesale -n "__fish_timesale_using_subcommand help; and not __fish_seen_subcommand_from serve topics token verify settle prices lag tap dead-letters partitions story health help" -f -a "serve" -d 'Run a role until a request to stop'
complete -c timesale -n "__fish_timesale_using_subcommand help; and not __fish_seen_subcommand_from serve topics token verify settle prices lag tap dead-letters partitions story health help" -f -a "topics" -d 'Check, plan and create the topics of topics.yaml'
complete -c timesale -n "__fish_timesale_using_subcommand help; and not __fish_seen_subcommand_from serve topics token verify settle prices lag tap dead-letters partitions story health help" -f -a "token" -d 'Mint a development token'
complete -c timesale -n "__fish_timesale_using_subcommand help; and not __fish_seen_subcommand_from serve topics token verify settle prices lag tap dead-letters partitions story health help" -f -a "verify" -d 'Prove from topics, Postgres and Redis that the promises held'
complete -c timesale -n "__fish_timesale_using_subcommand help; and not __fish_seen_subcommand_from serve topics token verify settle prices lag tap dead-letters partitions story health help" -f -a "settle" -d 'What sellers are owed'
complete -c timesale -n "__fish_timesale_using_subcommand help; and not __fish_seen_subcommand_from serve topics token verify settle prices lag tap dead-letters partitions story health help" -f -a "prices" -d 'What products cost'
complete -c timesale -n "__fish_timesale_using_subcommand help; and not __fish_seen_subcommand_from serve topics token verify settle prices lag tap dead-letters partitions story health help" -f -a "lag" -d 'How far groups are behind, asked of Kafka itself: in records and in seconds, worst first'
complete -c timesale -n "__fish_timesale_using_subcommand help; and not __fish_seen_subcommand_from serve topics token verify settle prices lag tap dead-letters partitions story health help" -f -a "tap" -d 'Read any part of any topic: filtered, personal fields masked, without a group and without a trace'
complete -c timesale -n "__fish_timesale_using_subcommand help; and not __fish_seen_subcommand_from serve topics token verify settle prices lag tap dead-letters partitions story health help" -f -a "dead-letters" -d 'Records that no build could handle: look at them, replay them once they are repaired, or drop them'
complete -c timesale -n "__fish_timesale_using_subcommand help; and not __fish_seen_subcommand_from serve topics token verify settle prices lag tap dead-letters partitions story health help" -f -a "partitions" -d 'Partitions of processors that cannot go on while their neighbours do: which and why, and a word that lets one go on'
complete -c timesale -n "__fish_timesale_using_subcommand help; and not __fish_seen_subcommand_from serve topics token verify settle prices lag tap dead-letters partitions story health help" -f -a "story" -d 'Everything that happened to one order, coupon, request or trace, across topics, with who caused what'
complete -c timesale -n "__fish_timesale_using_subcommand help; and not __fish_seen_subcommand_from serve topics token verify settle prices lag tap dead-letters partitions story health help" -f -a "health" -d 'Ask the local role whether it is ready: for a container\'s health check'
complete -c timesale -n "__fish_timesale_using_subcommand help; and not __fish_seen_subcommand_from serve topics token verify settle prices lag tap dead-letters partitions story health help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "validate" -d 'Check the manifest itself; no broker needed'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "plan" -d 'Say what the broker lacks. Exits 2 when something would change'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "apply" -d 'Plan again, then create what is missing and set what differs. Never deletes, shrinks or re-keys'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "list" -d 'Every topic: what it is for, how much is in it, and who reads it'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "describe" -d 'One topic, with its partitions, settings, personal fields and readers'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from topics" -f -a "schema" -d 'The JSON Schema of a topic\'s values'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from settle" -f -a "export" -d 'Write statements, their lines or the pay-outs to a file, as Postgres has them'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from prices" -f -a "restate" -d 'Tell the prices processor again what every product costs with us: for products that were defined before there was one. It can be called at any time, and again'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from lag" -f -a "explain" -d 'Say why a group is behind, with the evidence. Looks for some seconds first'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from dead-letters" -f -a "list" -d 'Show how many there are, by who could not handle them, topic and reason, and the newest one by one'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from dead-letters" -f -a "show" -d 'Show one: where it came from, how far it can be decoded, and the schema beside it'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from dead-letters" -f -a "replay" -d 'Append the records of letters to their inboxes again, each once. Facts are never replayed'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from dead-letters" -f -a "drop" -d 'Note that letters need nothing more'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from partitions" -f -a "list" -d 'Show which are parked, in front of which record, since when and why'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from partitions" -f -a "resume" -d 'Let one go on where it stands: its record is read again, or its state'
complete -c timesale -n "__fish_timesale_using_subcommand help; and __fish_seen_subcommand_from partitions" -f -a "set-aside" -d 'Move the one record that a partition is parked in front of to the dead letters, and let it go on behind it'
