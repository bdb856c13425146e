// How the sale goes: the business, counted from the facts in the log.
import { UNIT, dashboard, lines, number } from "../panels.mjs";
import { max, quantile, rate, sum } from "./queries.mjs";

const GOOD_AT_ZERO = [[null, "green"], [1, "red"]];

export const sale = () =>
    dashboard("timesale-sale", "Timesale: Sale", "Claims, coupons, stock, orders and money, counted from committed facts by the console.", ["group", "topic"], [], [
        ["Now", [
            number("Broken promises", UNIT.count, "Facts that broke an invariant. Anything but 0 is a defect.", [[sum("timesale_invariant_violations")]], GOOD_AT_ZERO),
            number("Worst lag against its SLO", UNIT.ratio, "Seconds of lag over the SLO of the topic, the worst of the chosen groups. 100 % is the limit.", [['max(timesale:lag_slo:ratio{group=~"$group", topic=~"$topic"})']], [[null, "green"], [0.5, "yellow"], [1, "red"]]),
            number("Overdue orders", UNIT.count, "Open orders whose deadline passed more than 5 s ago.", [["sum(max by (state) (timesale_orders_overdue))"]], GOOD_AT_ZERO),
            number("Open orders", UNIT.count, "Orders that have not ended.", [["sum(max by (state) (timesale_orders_open))"]]),
            number("Coupons left", UNIT.count, "Coupons that can still be claimed, all campaigns that are shown together.", [['sum(max by (campaign) (timesale_campaign_coupons{place="remaining"}))']]),
            number("Unhandled dead letters", UNIT.count, "Records that nobody has replayed or dropped.", [["sum(timesale_dead_letters_unhandled) or vector(0)"]], GOOD_AT_ZERO),
        ]],
        ["Claims", [
            lines("Claims by outcome", UNIT.perSecond, "Claims decided a second: granted, or the code of the refusal.", [[rate("timesale_claims_decided_total", "outcome"), "{{outcome}}"]], { stack: true }),
            lines("Refusals by reason", UNIT.perSecond, "Claims that were not granted, by code.", [[rate("timesale_claims_decided_total", "outcome", 'outcome!="granted"'), "{{outcome}}"]], { stack: true }),
            lines("Refused from memory", UNIT.perSecond, "Claims that ingress refused from its cache of campaigns, without asking the processor.", [[rate("timesale_ingress_refused_from_memory_total", "reason"), "{{reason}}"]], { stack: true }),
            lines("Time to a decision", UNIT.seconds, "From a record's append to the inbox until its decision is committed.", [
                [quantile(0.5, "streams_record_e2e_latency_seconds", "application", 'application=~"coupons|orders"'), "p50 {{application}}"],
                [quantile(0.99, "streams_record_e2e_latency_seconds", "application", 'application=~"coupons|orders"'), "p99 {{application}}"],
            ]),
            lines("Answer to a shopper", UNIT.seconds, "From a request's head to its answer.", [
                [quantile(0.5, "http_request_duration_seconds", "route", 'route=~"post_claim|post_order|post_payment"'), "p50 {{route}}"],
                [quantile(0.99, "http_request_duration_seconds", "route", 'route=~"post_claim|post_order|post_payment"'), "p99 {{route}}"],
            ]),
            lines("Share of 429", UNIT.ratio, "Requests that a rate limit refused, of all.", [[`${rate("http_requests_total", "", 'status="429"')} / ${rate("http_requests_total")}`, "429"]], { max: 1 }),
        ]],
        ["Coupons and stock", [
            lines("Coupons by place", UNIT.count, "Where the coupons of each campaign are; together they are its stock.", [[max("timesale_campaign_coupons", "campaign, place"), "{{campaign}} {{place}}"]]),
            lines("Available units", UNIT.count, "Units of each product that can be bought.", [[max("timesale_product_available", "sku"), "{{sku}}"]]),
        ]],
        ["Orders and money", [
            lines("Open orders by state", UNIT.count, "Orders that have not ended.", [[max("timesale_orders_open", "state"), "{{state}}"]], { stack: true }),
            lines("Orders that ended", UNIT.perSecond, "Orders that ended, by state and reason.", [[rate("timesale_orders_ended_total", "state, reason"), "{{state}} {{reason}}"]], { stack: true }),
            lines("Overdue orders by state", UNIT.count, "Open orders whose deadline passed more than 5 s ago.", [[max("timesale_orders_overdue", "state"), "{{state}}"]]),
            lines("Won a minute", UNIT.won, "Won paid by shoppers and given back to them, a minute.", [
                [`${rate("timesale_paid_won_total")} * 60`, "paid"],
                [`${rate("timesale_refunded_won_total")} * 60`, "refunded"],
            ]),
        ]],
        ["What this is counted from", [
            lines("Facts counted", UNIT.perSecond, "Committed facts that the console has read, by topic and type.", [[rate("timesale_facts_total", "topic, type", 'topic=~"$topic"'), "{{topic}} {{type}}"]], { stack: true }),
            lines("Facts that cannot be read", UNIT.count, "Facts that the console's build cannot read, by topic: all numbers here miss them.", [[max("timesale_facts_unreadable_total", "topic", 'topic=~"$topic"'), "{{topic}}"]]),
            lines("Broken promises by name", UNIT.count, "Facts that broke each invariant.", [[max("timesale_invariant_violations", "invariant"), "{{invariant}}"]]),
            number("Newest fact counted", UNIT.when, "How old the newest fact is that the console has counted. Old is fine in a topic in which nothing happens.", [[`1000 * ${max("timesale_facts_read_timestamp_seconds", "topic", 'topic=~"$topic"')}`, "{{topic}}"]]),
        ]],
    ]);
