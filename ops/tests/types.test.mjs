// Each dashboard has the shape that Grafana's own types name: the compiler reads it as such a value.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { OPS, dashboards } from "./files.mjs";

// JSON has the texts of enumerations, not their names.
const PLAIN = `import type { Dashboard } from "@grafana/schema";
type Plain<T> = T extends string ? \`\${T}\` : T extends (infer Item)[] ? Plain<Item>[] : T extends object ? { [Key in keyof T]: Plain<T[Key]> } : T;
export type PlainDashboard = Plain<Dashboard>;
`;

const typed = (value) => `import type { PlainDashboard } from "./plain";\nexport const dashboard: PlainDashboard = ${JSON.stringify(value, null, 2)};\n`;

// One field of a wrong type, one that does not exist, one text that is none of its enumeration.
const WRONG = [
    ["wrong_type.ts", { schemaVersion: 42, editable: "no" }],
    ["wrong_field.ts", { schemaVersion: 42, templating: { list: [{ name: "group", type: "query", auto: true }] } }],
    ["wrong_text.ts", { schemaVersion: 42, panels: [{ type: "stat", fieldConfig: { defaults: { thresholds: { mode: "relative", steps: [] } }, overrides: [] } }] }],
];

// What the builders add and Grafana's types do not have.
const withoutSurplus = ({ file, ...dashboard }) => ({
    ...dashboard,
    templating: { list: dashboard.templating.list.map(({ auto, auto_min, auto_count, ...variable }) => variable) },
});

const compile = (sources) => {
    const folder = mkdtempSync(join(tmpdir(), "timesale-dashboards-"));
    try {
        symlinkSync(`${OPS}node_modules`, join(folder, "node_modules"));
        for (const [name, text] of sources) writeFileSync(join(folder, name), text);
        const compilerOptions = { noEmit: true, strict: true, skipLibCheck: true, target: "es2022", module: "esnext", moduleResolution: "bundler", types: [] };
        writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: sources.map(([name]) => name) }));
        return spawnSync(process.execPath, [`${OPS}node_modules/typescript/bin/tsc`, "--project", "."], { cwd: folder, encoding: "utf8" });
    } finally {
        rmSync(folder, { recursive: true });
    }
};

test("the dashboards are Grafana dashboards, and the compiler finds those that are not", () => {
    const ours = dashboards().map((dashboard) => [dashboard.file.replace(".json", ".ts"), typed(withoutSurplus(dashboard))]);
    const wrong = WRONG.map(([file, value]) => [file, typed(value)]);
    const { stdout } = compile([["plain.ts", PLAIN], ...ours, ...wrong]);
    const complained = [...new Set([...stdout.matchAll(/^([\w.-]+)\(\d+,\d+\): error/gm)].map(([, file]) => file))];
    assert.deepEqual(complained.sort(), WRONG.map(([file]) => file).sort(), stdout);
});
