// Writes the dashboards to dashboards/, or with --check says which of them differ from what would be written.
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ingressAndConnectors } from "./pages/ingress_and_connectors.mjs";
import { lag } from "./pages/lag.mjs";
import { processors } from "./pages/processors.mjs";
import { sale } from "./pages/sale.mjs";
import { sinksAndProcesses } from "./pages/sinks_and_processes.mjs";

const FOLDER = fileURLToPath(new URL("dashboards/", import.meta.url));

const wanted = new Map(
    [sale(), lag(), processors(), ingressAndConnectors(), sinksAndProcesses()].map((made) => [`${made.uid}.json`, `${JSON.stringify(made, null, 2)}\n`]),
);

if (process.argv.includes("--check")) {
    const there = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith(".json")) : [];
    const differ = [...new Set([...wanted.keys(), ...there])].filter(
        (name) => !there.includes(name) || readFileSync(FOLDER + name, "utf8") !== wanted.get(name),
    );
    if (differ.length > 0) {
        console.error(`not as the generator writes them (scripts/dashboards does): ${differ.join(", ")}`);
        process.exit(1);
    }
    console.log(`${wanted.size} dashboards are as the generator writes them`);
} else {
    rmSync(FOLDER, { recursive: true, force: true });
    mkdirSync(FOLDER);
    wanted.forEach((text, name) => writeFileSync(FOLDER + name, text));
    console.log(`${wanted.size} dashboards written`);
}
