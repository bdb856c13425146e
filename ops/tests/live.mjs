// Every panel and every rule against a real Prometheus that scrapes real roles: a panel without data is a dead panel, and a rule whose series
// are not there is a dead rule. PROMETHEUS_URL says where it is. Prints one JSON line; ends with 1 when anything is dead.
import { families, metricsOf, panels, rules } from "./files.mjs";

const { PROMETHEUS_URL } = process.env;
const OF_PROMETHEUS = ["up"];
// What metrics.yaml says may be absent although all is well.
const MAY_BE_ABSENT = Object.entries(families()).filter(([, { absent }]) => absent).map(([name]) => name);

async function ask(path, parameters) {
    const answer = await fetch(`${PROMETHEUS_URL}/api/v1/${path}?${new URLSearchParams(parameters)}`);
    const body = await answer.json();
    if (body.status !== "success") throw new Error(`${path} ${JSON.stringify(parameters)}: ${body.error}`);
    return body.data;
}

const now = Date.now() / 1000;
const filled = (expr) => expr.replaceAll("$__rate_interval", "30s").replace(/\$\{?(cluster|group|topic|application)(:\w+)?\}?/g, ".*");
const range = (expr) => ask("query_range", { query: filled(expr), start: now - 240, end: now, step: 5 });

const dead = [];
let alive = 0;
for (const { where, targets } of panels()) {
    for (const { expr, legendFormat } of targets) {
        const { result } = await range(expr);
        const numbers = result.filter(({ values }) => values.some(([, value]) => Number.isFinite(Number(value))));
        const labels = [...(legendFormat ?? "").matchAll(/\{\{\s*(\w+)\s*\}\}/g)].map(([, label]) => label);
        const lacks = labels.find((label) => numbers.length > 0 && !numbers.some(({ metric }) => label in metric));
        const isExcused = metricsOf(expr).some((name) => MAY_BE_ABSENT.includes(name));
        if (numbers.length > 0 && !lacks) alive += 1;
        else if (isExcused && numbers.length === 0) alive += 1;
        else dead.push(`${where}: ${lacks ? `no label ${lacks}` : "no data"}: ${expr}`);
    }
}

const recorded = new Set(rules().map(({ record }) => record).filter(Boolean));
let live = 0;
for (const { alert, record, expr } of rules()) {
    const missing = [];
    for (const name of metricsOf(expr)) {
        if (OF_PROMETHEUS.includes(name) || recorded.has(name) || MAY_BE_ABSENT.includes(name)) continue;
        const { result } = await range(`count(${name})`);
        if (result.length === 0) missing.push(name);
    }
    // It must be an expression, whatever it says.
    await range(expr);
    if (missing.length === 0) live += 1;
    else dead.push(`${alert ?? record}: nobody shows ${missing.join(", ")}`);
}
const firing = (await ask("alerts", {})).alerts.filter(({ state }) => state === "firing").map(({ labels }) => labels.alertname);
console.log(JSON.stringify({ queries: alive + dead.filter((text) => text.includes(".json")).length, with_data: alive, rules: rules().length, rules_alive: live, firing: [...new Set(firing)], dead }));
process.exit(dead.length === 0 ? 0 : 1);
