// The rules of a dashboard linter: a panel can be read by a stranger, asks the data source that was chosen, and its legend names labels
// that its query returns.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as units from "@grafana/grafana-foundation-sdk/units";
import { dashboards, families, familyOf, metricsOf, panels } from "./files.mjs";

const PANEL_TYPES = ["bargauge", "heatmap", "stat", "table", "timeseries"];
const KNOWN_UNITS = new Set(Object.values(units));
// What Prometheus and targets.yml add to each series.
const TARGET_LABELS = ["instance", "job", "role"];

test("a panel has a title, a description, a unit of Grafana's list, and a type that is not retired", () => {
    for (const { where, title, description, type, fieldConfig } of panels()) {
        assert.ok(title && description, where);
        assert.ok(PANEL_TYPES.includes(type), `${where}: ${type}`);
        assert.ok(KNOWN_UNITS.has(fieldConfig.defaults.unit), `${where}: ${fieldConfig.defaults.unit}`);
    }
});

test("a panel and each of its targets ask the chosen data source", () => {
    for (const { where, datasource, targets } of panels()) {
        assert.ok(targets.length > 0, where);
        for (const asked of [datasource, ...targets.map((target) => target.datasource)]) {
            assert.deepEqual(asked, { type: "prometheus", uid: "${datasource}" }, where);
        }
        const ids = targets.map(({ refId }) => refId);
        assert.equal(new Set(ids).size, ids.length, where);
    }
});

test("a range over time is the rate interval, and no job is written down", () => {
    for (const { where, targets } of panels()) {
        for (const { expr } of targets) {
            for (const [, range] of expr.matchAll(/\[([^\]]*)\]/g)) assert.equal(range, "$__rate_interval", `${where}: ${expr}`);
            assert.doesNotMatch(expr, /\bjob\s*=/, where);
            assert.doesNotMatch(expr, /\b(le|quantile)\s*=/, where);
            assert.ok(parenthesesMatch(expr), `${where}: ${expr}`);
        }
    }
});

const parenthesesMatch = (expr) => {
    let open = 0;
    for (const letter of expr.replace(/"(?:[^"\\]|\\.)*"/g, "")) {
        open += { "(": 1, ")": -1 }[letter] ?? 0;
        if (open < 0) return false;
    }
    return open === 0;
};

test("a legend names labels that its query returns", () => {
    for (const { where, type, targets } of panels()) {
        for (const { expr, legendFormat } of targets) {
            const named = [...(legendFormat ?? "").matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label]) => label);
            const kept = [...expr.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, list]) => list.split(",").map((label) => label.trim()));
            // A recorded series has the labels of its group's rules, which are these two.
            const recorded = /\btimesale:lag_/.test(expr) ? ["group", "topic"] : [];
            for (const label of named) assert.ok([...kept, ...recorded].includes(label), `${where}: {{${label}}} of ${expr}`);
            // More than one series, and nothing that tells them apart.
            const isOne = /^(sum|max|min|count)\s*\(/.test(expr);
            if (!isOne && kept.some((label) => label !== "le") && type !== "table") assert.ok(named.length > 0, `${where}: no legend for ${expr}`);
        }
    }
});

test("the variables that a query uses are there, and those that are shown are used", () => {
    for (const { file, templating, panels: all } of dashboards()) {
        const text = JSON.stringify(all);
        const there = templating.list.map(({ name }) => name);
        for (const name of ["datasource", "cluster", "group", "topic"]) assert.ok(there.includes(name), `${file}: ${name}`);
        for (const [, name] of text.matchAll(/\$\{?([a-z]\w*)/g)) assert.ok(there.includes(name), `${file}: $${name}`);
        for (const { name, hide } of templating.list) assert.ok(hide === 2 || new RegExp(`\\$\\{?${name}`).test(text), `${file}: ${name} is shown and not used`);
    }
});

test("panels do not overlap, and each has a number of its own", () => {
    for (const { file, uid, panels: all } of dashboards()) {
        assert.equal(file, `${uid}.json`);
        assert.equal(new Set(all.map(({ id }) => id)).size, all.length, file);
        const taken = new Set();
        for (const { title, gridPos: { x, y, w, h } } of all) {
            assert.ok(x + w <= 24, `${file}: ${title} is too wide`);
            for (let column = x; column < x + w; column += 1) {
                for (let row = y; row < y + h; row += 1) {
                    assert.ok(!taken.has(`${column}/${row}`), `${file}: ${title} lies on another panel`);
                    taken.add(`${column}/${row}`);
                }
            }
        }
    }
});

const known = families();

test("labels in queries are labels of the families", () => {
    for (const { where, targets } of panels()) {
        for (const { expr } of targets) {
            const labels = metricsOf(expr).flatMap((name) => Object.keys(known[familyOf(name, known)]?.labels ?? {}));
            const allowed = new Set([...labels, ...TARGET_LABELS, "le"]);
            const grouped = [...expr.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)].flatMap(([, list]) => list.split(",").map((label) => label.trim()));
            const matched = [...expr.matchAll(/\{([^}]*)\}/g)].flatMap(([, list]) => [...list.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label));
            if (metricsOf(expr).some((name) => name.includes(":"))) continue;
            for (const label of [...grouped, ...matched].filter(Boolean)) assert.ok(allowed.has(label), `${where}: ${label} in ${expr}`);
        }
    }
});
