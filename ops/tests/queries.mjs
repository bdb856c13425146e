// Prints the query of every panel as a recording rule, with its variables filled in, so that promtool can read it.
import { stringify } from "yaml";
import { panels } from "./files.mjs";

const filled = (expr) => expr.replaceAll("$__rate_interval", "1m").replace(/\$(cluster|group|topic|application)\b/g, ".*");

const rules = panels().flatMap(({ where, targets }) =>
    targets.map(({ expr, refId }) => ({ record: "timesale:panel:query", expr: filled(expr), labels: { panel: where, target: refId } })),
);

process.stdout.write(stringify({ groups: [{ name: "panels", rules }] }, { lineWidth: 0 }));
