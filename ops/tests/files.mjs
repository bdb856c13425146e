// What the tests read: rules, their tests, dashboards, metrics.yaml; and what an expression names.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";

export const OPS = fileURLToPath(new URL("../", import.meta.url));

const listed = (folder, ending) => readdirSync(OPS + folder).filter((name) => name.endsWith(ending)).sort();

export const read = (path) => readFileSync(OPS + path, "utf8");

// Every rule with the file it stands in, the recording rules of its group, and the comment before it.
export const rules = () =>
    listed("prometheus/rules", ".rules.yml").flatMap((file) => {
        const text = read(`prometheus/rules/${file}`);
        return parse(text).groups.flatMap((group) =>
            group.rules.map((rule) => ({ ...rule, file, group, comment: commentBefore(text, rule.alert ?? rule.record) })),
        );
    });

export const alerts = () => rules().filter((rule) => rule.alert !== undefined);

const commentBefore = (text, name) => {
    const lines = text.split("\n");
    const at = lines.findIndex((line) => new RegExp(`^ *- (alert|record): ${name}$`).test(line));
    const comments = [];
    for (let line = at - 1; line >= 0 && lines[line].trim().startsWith("#"); line -= 1) comments.unshift(lines[line].trim());
    return comments.join("\n");
};

// Every scenario of every rule test.
export const scenarios = () => listed("prometheus/rules", ".test.yml").flatMap((file) => parse(read(`prometheus/rules/${file}`)).tests);

export const dashboards = () =>
    listed("grafana/dashboards", ".json").map((file) => ({ file, ...JSON.parse(read(`grafana/dashboards/${file}`)) }));

// Panels that show something; a row only groups.
export const panels = () =>
    dashboards().flatMap((dashboard) =>
        dashboard.panels.filter(({ type }) => type !== "row").map((panel) => ({ ...panel, where: `${dashboard.file}: ${panel.title}` })),
    );

// The families of metrics.yaml by name.
export const families = () => parse(read("metrics.yaml")).families;

const WORDS = new Set(["and", "or", "unless", "bool", "offset", "inf", "nan"]);

// The metrics an expression names, without what a histogram's series add to a family's name.
export const metricsOf = (expression) => {
    const bare = expression
        .replace(/"(?:[^"\\]|\\.)*"/g, '""')
        .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)/g, " ")
        .replace(/\{[^}]*\}/g, " ")
        .replace(/\[[^\]]*\]/g, " ");
    const names = [...bare.matchAll(/[a-zA-Z_:][a-zA-Z0-9_:]*/g)]
        .filter((match) => !/^\s*\(/.test(bare.slice(match.index + match[0].length)))
        .filter((match) => !/[0-9.]$/.test(bare.slice(0, match.index)))
        .map(([name]) => name)
        .filter((name) => !WORDS.has(name.toLowerCase()));
    return [...new Set(names)];
};

// The family that a series belongs to.
export const familyOf = (name, known) => {
    const [family] = name.split(/_(?:bucket|sum|count)$/);
    return known[name] === undefined && known[family] !== undefined ? family : name;
};
