// metrics.yaml, the rules and the dashboards against each other: nothing asks for a series that nobody shows, and each family is used or
// says why not.
import assert from "node:assert/strict";
import { test } from "node:test";
import { families, familyOf, metricsOf, panels, rules } from "./files.mjs";

// What Prometheus itself adds.
const OF_PROMETHEUS = ["up"];

const known = families();

const asked = () => [
    ...rules().map(({ alert, record, expr }) => [alert ?? record, expr]),
    ...panels().flatMap(({ where, targets }) => targets.map(({ expr }) => [where, expr])),
];

test("each metric that a rule or a panel asks for is in metrics.yaml", () => {
    const recorded = rules().map(({ record }) => record);
    for (const [where, expr] of asked()) {
        for (const name of metricsOf(expr)) {
            const isThere = known[familyOf(name, known)] !== undefined || OF_PROMETHEUS.includes(name) || recorded.includes(name);
            assert.ok(isThere, `${where}: ${name} is in no family`);
        }
    }
});

test("each family is on a panel or in a rule, or says why it is not", () => {
    const used = new Set(asked().flatMap(([, expr]) => metricsOf(expr).map((name) => familyOf(name, known))));
    for (const [name, { unused }] of Object.entries(known)) {
        assert.ok(used.has(name) !== (unused !== undefined), unused ? `${name} is used and says that it is not` : `${name} is used nowhere and does not say why`);
    }
});
