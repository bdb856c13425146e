// The flow, drawn from what the server declares: columns are kinds, rows are parts of the business. An edge is as wide as what flows through
// it, a node that reads shows how far it is behind.

import { byId, svg } from "./dom.mjs";
import { seconds, status, word } from "./words.mjs";

const COLUMNS = ["outside", "inbox", "processor", "facts", "projection"];
const WIDTH = 196, HEIGHT = 46, GAP = 64, SPACE = 14;
const RANK = ["ok", "unknown", "slow", "rewound", "stalled", "stopped"];

function places(nodes) {
  const placed = new Map();
  const domains = [...new Set(nodes.map((node) => node.domain).filter(Boolean))];
  for (const [column, kind] of COLUMNS.entries()) {
    const own = nodes.filter((node) => node.kind === kind);
    own.sort((one, other) => domains.indexOf(one.domain) - domains.indexOf(other.domain));
    own.forEach((node, row) => placed.set(node.id, { x: column * (WIDTH + GAP) + 8, y: row * (HEIGHT + SPACE) + 8 }));
  }
  return placed;
}

export function draw(topology, lag, select) {
  const at = places(topology.nodes);
  const byGroup = new Map(lag.groups.map((group) => [group.group, group]));
  const reading = (edge) => edge.group && byGroup.get(edge.group)?.topics.find((topic) => topic.topic === edge.topic);
  // What is written to a topic is what any group that reads it sees written.
  const rates = new Map();
  for (const group of lag.groups) for (const topic of group.topics) rates.set(topic.topic, topic.written_per_second ?? 0);
  const edges = topology.edges.map((edge) => {
    const [from, to] = [at.get(edge.from), at.get(edge.to)];
    if (!from || !to) return null;
    const isBack = to.x <= from.x;
    const [x1, y1, x2, y2] = [from.x + (isBack ? 0 : WIDTH), from.y + HEIGHT / 2, to.x + (isBack ? WIDTH : 0), to.y + HEIGHT / 2];
    const bend = isBack ? -GAP / 2 : GAP / 2;
    const read = reading(edge);
    const width = 1 + Math.log10(1 + (rates.get(edge.topic) ?? 0)) * 1.4;
    const title = `${edge.from} → ${edge.to}${read ? `: ${status(read.status)}, ${seconds(read.seconds)}` : ""}, ${Math.round(rates.get(edge.topic) ?? 0)} ${word("written")}`;
    const line = svg("path", { class: `edge ${read?.status ?? "ok"}${isBack ? " back" : ""}`, "stroke-width": width.toFixed(1), d: `M${x1},${y1} C${x1 + bend},${y1} ${x2 - bend},${y2} ${x2},${y2}` }, svg("title", {}, title));
    // The node says its worst; each line that is read says its own.
    const behind = read ? svg("text", { class: "behind", x: (x1 + x2) / 2, y: (y1 + y2) / 2 - 3 }, seconds(read.seconds)) : null;
    return [line, behind];
  });
  const nodes = topology.nodes.map((node) => {
    const place = at.get(node.id);
    if (!place) return null;
    const reads = topology.edges.filter((edge) => edge.to === node.id).map((edge) => ({ edge, topic: reading(edge) })).filter(({ topic }) => topic);
    const worst = reads.sort((one, other) => RANK.indexOf(other.topic.status) - RANK.indexOf(one.topic.status) || (other.topic.seconds ?? 0) - (one.topic.seconds ?? 0))[0];
    const label = worst ? `${node.id}: ${status(worst.topic.status)}, ${seconds(worst.topic.seconds)}` : node.id;
    const attributes = { class: `node ${node.kind} ${worst?.topic.status ?? ""}`, transform: `translate(${place.x},${place.y})` };
    if (worst) Object.assign(attributes, { tabindex: 0, role: "button", "aria-label": label, on: { click: () => select(worst.edge.group, worst.edge.topic),
      keydown: (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); select(worst.edge.group, worst.edge.topic); } } } });
    const values = worst?.topic.last_minute ?? [];
    const most = Math.max(...values, 0.5);
    const points = values.map((value, step) => `${(96 + (step * 90) / Math.max(1, values.length - 1)).toFixed(1)},${(HEIGHT - 6 - (value / most) * 14).toFixed(1)}`);
    return svg("g", attributes,
      svg("rect", { width: WIDTH, height: HEIGHT, rx: 6 }),
      svg("text", { x: 8, y: 18 }, node.id.replace(/^processors\./, "")),
      worst ? svg("text", { x: 8, y: 37, class: "small" }, `${status(worst.topic.status).split(" ")[0]} ${seconds(worst.topic.seconds)}`) : null,
      points.length > 1 ? svg("polyline", { class: "spark", points: points.join(" ") }) : null,
      svg("title", {}, label));
  });
  const rows = Math.max(...COLUMNS.map((kind) => topology.nodes.filter((node) => node.kind === kind).length));
  const [width, height] = [COLUMNS.length * (WIDTH + GAP) - GAP + 16, rows * (HEIGHT + SPACE) + 16];
  const focused = document.activeElement?.getAttribute?.("aria-label");
  byId("flow").replaceChildren(svg("svg", { width, height, viewBox: `0 0 ${width} ${height}` }, edges.flat(), nodes));
  if (focused) [...byId("flow").querySelectorAll("[role=button]")].find((node) => node.getAttribute("aria-label")?.split(":")[0] === focused.split(":")[0])?.focus({ preventScroll: true });
}
