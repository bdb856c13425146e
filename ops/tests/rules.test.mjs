// Each alert says who is told, what it means and what to do, and is tested in both directions.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { OPS, alerts, metricsOf, read, rules, scenarios } from "./files.mjs";

const HEADINGS = ["## What it means", "## What to look at", "## What to do", "## What not to do"];

test("an alert has a severity, an area, a summary, and a runbook with all of its parts", () => {
    for (const { alert, file, labels, annotations } of alerts()) {
        assert.match(labels.severity, /^(page|ticket)$/, alert);
        assert.equal(`${labels.area}.rules.yml`, file, `${alert}: the area is the file`);
        assert.ok(annotations.summary, `${alert} has a summary`);
        assert.equal(annotations.runbook, `ops/runbooks/${alert}.md`);
        const page = read(`runbooks/${alert}.md`);
        assert.ok(page.startsWith(`# ${alert}\n`), `${alert}: the runbook begins with its name`);
        const places = HEADINGS.map((heading) => page.indexOf(`\n${heading}\n`));
        assert.ok(places.every((place, index) => place > (places[index - 1] ?? 0)), `${alert}: the runbook has ${HEADINGS.join(", ")}, in this order`);
    }
});

test("an alert waits, or says why it does not", () => {
    for (const { alert, comment, for: wait } of alerts()) {
        assert.notEqual(wait !== undefined, /No `for`/.test(comment), `${alert} has \`for\`, or a comment with the reason without`);
    }
});

test("each alert fires in one scenario and stays quiet in another", () => {
    const fired = new Map();
    const quiet = new Set();
    for (const scenario of scenarios()) {
        for (const { alertname, exp_alerts: expected } of scenario.alert_rule_test ?? []) {
            if (expected?.length > 0) fired.set(alertname, scenario.name);
            else quiet.add(alertname);
        }
        const allQuiet = (scenario.promql_expr_test ?? []).some(({ expr, exp_samples: expected }) => /^ALERTS/.test(expr) && expected?.length === 0);
        if (allQuiet) {
            const fed = scenario.input_series.map(({ series }) => series.split("{")[0]);
            alerts().filter(({ expr, group }) => inputsOf(expr, group).some((name) => fed.includes(name))).forEach(({ alert }) => quiet.add(alert));
        }
    }
    for (const { alert } of alerts()) {
        assert.ok(fired.has(alert), `${alert} fires in no scenario`);
        assert.ok(quiet.has(alert), `${alert} is quiet in no scenario`);
    }
});

// What an expression rests on, through the recording rules of its group.
const inputsOf = (expr, group) =>
    metricsOf(expr).flatMap((name) => {
        const recorded = group.rules.find(({ record }) => record === name);
        return recorded ? inputsOf(recorded.expr, group) : [name];
    });

test("a recording rule stands in the group of the rules that use it", () => {
    const recorded = new Map(rules().filter(({ record }) => record).map(({ record, group }) => [record, group.name]));
    for (const { alert, record, expr, group } of rules()) {
        for (const name of metricsOf(expr).filter((metric) => metric.includes(":"))) {
            assert.equal(recorded.get(name), group.name, `${alert ?? record} uses ${name} of another group`);
        }
    }
});

test("no label of a histogram's bucket is matched by its text", () => {
    for (const { alert, record, expr } of rules()) assert.doesNotMatch(expr, /\b(le|quantile)\s*=/, alert ?? record);
});

test("each runbook belongs to an alert", () => {
    const names = new Set(alerts().map(({ alert }) => `${alert}.md`));
    for (const file of readdirSync(`${OPS}runbooks`).filter((name) => name !== "README.md" && name !== "WALKS.md")) {
        assert.ok(names.has(file), `${file} belongs to no alert`);
        for (const [, link] of read(`runbooks/${file}`).matchAll(/\]\(([^)]+)\)/g)) assert.ok(existsSync(`${OPS}runbooks/${link}`), `${file}: ${link}`);
    }
});

test("rules are evaluated as often as roles are scraped: waiting longer is what `for` is for", () => {
    const scraped = /scrape_interval: (\w+)/.exec(read("prometheus/prometheus.yml"))[1];
    for (const { group, file } of rules()) assert.equal(group.interval, scraped, file);
});

test("scripts/bench/alerts makes a fault for each alert, or says why not", () => {
    const bench = read("../scripts/bench/alerts");
    const made = new Set([...bench.matchAll(/expect \w+ \d+ (\w+)/g)].map(([, alert]) => alert));
    const excused = new Set([...read("../scripts/bench/alerts.excused").matchAll(/^(\w+)\t\S/gm)].map(([, alert]) => alert));
    for (const { alert } of alerts()) assert.notEqual(made.has(alert), excused.has(alert), `${alert}: a fault, or a reason, and not both`);
    assert.equal(made.size + excused.size, alerts().length);
});
