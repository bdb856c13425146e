// Each dashboard has the shape that Grafana's own types name: the compiler reads it as such a value.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { OPS, dashboards } from "./files.mjs";

const WRONG = `import type { Dashboard } from "@grafana/schema";\nexport const wrong: Dashboard = { schemaVersion: 42, editable: "no" };\n`;

// What the builders add and Grafana's types do not have.
const withoutSurplus = ({ file, ...dashboard }) => ({
    ...dashboard,
    templating: { list: dashboard.templating.list.map(({ auto, auto_min, auto_count, ...variable }) => variable) },
});

const compile = (sources) => {
    const folder = mkdtempSync(join(tmpdir(), "timesale-dashboards-"));
    try {
        symlinkSync(`${OPS}node_modules`, join(folder, "node_modules"));
        const files = sources.map(([name, text]) => (writeFileSync(join(folder, name), text), name));
        const options = ["--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "esnext", "--moduleResolution", "bundler", "--types", ""];
        return spawnSync(process.execPath, [`${OPS}node_modules/typescript/bin/tsc`, ...options, ...files], { cwd: folder, encoding: "utf8" });
    } finally {
        rmSync(folder, { recursive: true });
    }
};

test("the dashboards are Grafana dashboards, and the compiler finds one that is not", () => {
    const typed = dashboards().map((dashboard) => [
        dashboard.file.replace(".json", ".ts"),
        `import type { Dashboard } from "@grafana/schema";\nexport const dashboard: Dashboard = ${JSON.stringify(withoutSurplus(dashboard), null, 2)};\n`,
    ]);
    const { status, stdout } = compile([...typed, ["wrong.ts", WRONG]]);
    const complaints = stdout.trim().split("\n");
    assert.notEqual(status, 0);
    assert.equal(complaints.length, 1, stdout);
    assert.match(complaints[0], /^wrong\.ts.*editable|^wrong\.ts.*'string' is not assignable to type 'boolean'/);
});
