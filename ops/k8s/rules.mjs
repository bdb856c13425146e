// Writes base/prometheus-rules.yaml from ops/prometheus/rules, or with --check says whether it differs from what would be written.
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse, stringify } from "yaml";

const RULES = fileURLToPath(new URL("../prometheus/rules/", import.meta.url));
const WRITTEN = fileURLToPath(new URL("base/prometheus-rules.yaml", import.meta.url));
const HEAD = "# Written by scripts/dashboards from ops/prometheus/rules: change it there.\n";

const resource = (file) => ({
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: { name: `timesale-${file.replace(".rules.yml", "")}`, labels: { "app.kubernetes.io/name": "timesale" } },
    spec: parse(readFileSync(RULES + file, "utf8")),
});

const files = readdirSync(RULES).filter((name) => name.endsWith(".rules.yml")).sort();
const wanted = HEAD + files.map((file) => stringify(resource(file), { lineWidth: 0 })).join("---\n");

if (process.argv.includes("--check")) {
    if (!existsSync(WRITTEN) || readFileSync(WRITTEN, "utf8") !== wanted) {
        console.error("ops/k8s/base/prometheus-rules.yaml is not what scripts/dashboards writes");
        process.exit(1);
    }
    console.log(`${files.length} files of rules are as the generator writes them`);
} else {
    writeFileSync(WRITTEN, wanted);
    console.log(`${files.length} files of rules written`);
}
