// What comes in over HTTP, and what outside services answer.
import { UNIT, dashboard, lines, number } from "../panels.mjs";
import { age, max, quantile, rate, sum } from "./queries.mjs";

export const ingressAndConnectors = () =>
    dashboard("timesale-ingress-and-connectors", "Timesale: Ingress and connectors", "Requests, limits, waiting, the log's acknowledgements; the payment provider and price servers.", ["topic"], [], [
        ["Requests", [
            lines("Requests by route", UNIT.requests, "Requests answered.", [[rate("http_requests_total", "route"), "{{route}}"]]),
            lines("Server errors", UNIT.requests, "Answers 500 to 599 by route and status.", [[rate("http_requests_total", "route, status", 'status=~"5.."'), "{{route}} {{status}}"]]),
            lines("Answers by status", UNIT.requests, "All routes together.", [[rate("http_requests_total", "status"), "{{status}}"]]),
            lines("Time to an answer", UNIT.seconds, "From a request's head to its answer, p99.", [[quantile(0.99, "http_request_duration_seconds", "route"), "{{route}}"]]),
            lines("Requests and connections", UNIT.count, "Requests being handled, connections open.", [
                [sum("http_requests_in_flight"), "requests"],
                [sum("http_connections"), "connections"],
            ]),
            lines("Connections that the server ended", UNIT.perSecond, "By cause.", [[rate("http_connections_ended_total", "cause"), "{{cause}}"]]),
        ]],
        ["Limits", [
            lines("Decisions of the rate limits", UNIT.requests, "Allowed and limited, by policy.", [[rate("timesale_ingress_limiter_decisions_total", "policy, decision"), "{{policy}} {{decision}}"]]),
            lines("Keys", UNIT.count, "Callers and addresses that each limit remembers.", [[sum("timesale_ingress_limiter_keys", "policy"), "{{policy}}"]]),
        ]],
        ["Waiting", [
            lines("Waiting requests", UNIT.count, "Waiting for a decision; in the log without a decision.", [
                [sum("timesale_ingress_waiters"), "waiting"],
                [sum("timesale_ingress_undecided_requests"), "undecided"],
            ]),
            lines("Replies", UNIT.perSecond, "Replies of processors; an unknown one belongs to another process.", [[rate("timesale_ingress_replies_total", "kind"), "{{kind}}"]]),
            lines("Order streams", UNIT.count, "Streams that are open, orders that are watched.", [
                [sum("timesale_ingress_event_streams"), "streams"],
                [sum("timesale_ingress_watched_orders"), "orders"],
            ]),
        ]],
        ["The log and the projections", [
            lines("Producer queue", UNIT.ratio, "How full the queue of records to be written is.", [[max("timesale_ingress_producer_queue_ratio", "instance"), "{{instance}}"]], { max: 1 }),
            lines("Records written", UNIT.perSecond, "By emitter and outcome.", [[rate("timesale_emitter_records_total", "emitter, outcome"), "{{emitter}} {{outcome}}"]]),
            lines("Time to an acknowledgement", UNIT.seconds, "p99 by emitter.", [[quantile(0.99, "timesale_emitter_duration_seconds", "emitter"), "{{emitter}}"]]),
            lines("Records waiting for the broker", UNIT.count, "By emitter.", [[sum("timesale_emitter_records_waiting", "emitter"), "{{emitter}}"]]),
            lines("Lag of ingress' own readers", UNIT.seconds, "Ingress reads without a group: only it knows.", [[max("timesale_ingress_follow_lag_seconds", "topic", 'topic=~"$topic"'), "{{topic}}"]]),
            lines("Reads of projections", UNIT.perSecond, "By source and outcome.", [[rate("timesale_ingress_reads_total", "source, outcome"), "{{source}} {{outcome}}"]]),
        ]],
        ["In memory", [
            lines("Cache of campaigns", UNIT.count, "Campaigns in memory, and instances whose cache is current.", [
                [max("timesale_ingress_cached_campaigns"), "campaigns"],
                [sum("timesale_ingress_campaign_cache_current"), "current instances"],
            ]),
            lines("Products with a price", UNIT.count, "Products whose lowest price is in memory.", [[max("timesale_ingress_priced_products", "instance"), "{{instance}}"]]),
            lines("Age of a price when it is shown", UNIT.seconds, "From the timestamp of a price's record, p99.", [[quantile(0.99, "timesale_ingress_price_latency_seconds"), "p99"]]),
            lines("Changes of prices", UNIT.perSecond, "Read from the log.", [[rate("timesale_ingress_price_records_total", "outcome"), "{{outcome}}"]]),
            lines("Webhooks", UNIT.perSecond, "Of the payment provider, by what became of them.", [[rate("timesale_ingress_webhooks_total", "outcome"), "{{outcome}}"]]),
        ]],
        ["Payment provider", [
            lines("Calls to the provider", UNIT.perSecond, "By call and outcome.", [[rate("timesale_toss_calls_total", "call, outcome"), "{{call}} {{outcome}}"]]),
            lines("Time of a call to the provider", UNIT.seconds, "p99 by call.", [[quantile(0.99, "timesale_toss_call_duration_seconds", "call"), "{{call}}"]]),
            lines("Commands by answer", UNIT.perSecond, "What orders were answered.", [[rate("timesale_toss_answers_total", "answer"), "{{answer}}"]]),
            lines("Commands", UNIT.count, "Being carried out, and waiting for their turn.", [
                [sum("timesale_toss_commands_in_flight"), "in flight"],
                [sum("timesale_toss_commands_waiting"), "waiting"],
            ]),
            lines("Oldest command without an answer", UNIT.age, "Answered `unknown` after 45 s unless configured otherwise.", [[max("timesale_toss_oldest_unfinished_age_seconds"), "age"]]),
            lines("What somebody has to look at", UNIT.count, "Since the process began: mismatches, faults, unreadable commands; partitions that are not read on.", [
                [sum("timesale_toss_alarms_total", "alarm"), "{{alarm}}"],
                [sum("timesale_toss_dead_letters_total"), "dead letters"],
                [sum("timesale_toss_stopped_partitions"), "stopped partitions"],
            ]),
        ]],
        ["Price servers", [
            lines("Calls to price servers", UNIT.perSecond, "By server and outcome.", [[rate("timesale_offers_calls_total", "source, outcome"), "{{source}} {{outcome}}"]]),
            lines("Time of a call to a price server", UNIT.seconds, "p99 by server.", [[quantile(0.99, "timesale_offers_call_duration_seconds", "source"), "{{source}}"]]),
            lines("Time since the last answer", UNIT.age, "Usable answers only. Offers are believed for 60 s unless configured otherwise.", [[age("timesale_offers_last_answer_timestamp_seconds", "source"), "{{source}}"]]),
            lines("Products offered", UNIT.count, "By server.", [[max("timesale_offers_products", "source"), "{{source}}"]]),
            lines("Commands to the prices processor", UNIT.perSecond, "Written to its inbox, by server.", [[rate("timesale_offers_commands_total", "source, command"), "{{source}} {{command}}"]]),
            lines("Rows left out", UNIT.perSecond, "Rows of answers that are no offers.", [[rate("timesale_offers_rows_left_out_total", "source, reason"), "{{source}} {{reason}}"]]),
        ]],
        ["Breakers", [
            number("Breakers", UNIT.count, "1 for the state that each breaker is in: closed is well.", [[max("timesale_breaker_state", "connector, source, state"), "{{connector}} {{source}} {{state}}"]]),
        ]],
    ]);
