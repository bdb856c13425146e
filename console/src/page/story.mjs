// A story: everything that happened to one order, coupon, request or trace, as lanes of topics with what led to what, and as a table.

import { byId, html, refill, save, svg } from "./dom.mjs";
import { fileName, shellWord } from "./quote.mjs";
import { refusal } from "./session.mjs";
import { number, word } from "./words.mjs";

const LANE = 190, STEP = 46, WIDTH = 150, HEIGHT = 30, TOP = 34, LEFT = 8;

let story = null;
let chosen = null;

const after = (entry) => (entry.after_ms === null || entry.after_ms === undefined ? "" : `+${entry.after_ms} ms`);
const label = (entry) => `${entry.number} ${entry.event || "–"} · ${entry.topic} ${entry.partition}:${entry.offset} ${after(entry)}`;

// Lanes stand in the order in which the story enters them; time goes down.
function picture() {
  const lanes = [...new Set(story.entries.map((entry) => entry.topic))];
  const at = (entry) => ({ x: LEFT + lanes.indexOf(entry.topic) * LANE, y: TOP + (entry.number - 1) * STEP });
  const [width, height] = [LEFT + lanes.length * LANE, TOP + story.entries.length * STEP];
  const names = lanes.map((topic, lane) => [
    svg("text", { x: LEFT + lane * LANE, y: 16, class: "lane" }, topic),
    svg("line", { x1: LEFT + lane * LANE + WIDTH / 2, x2: LEFT + lane * LANE + WIDTH / 2, y1: TOP - 8, y2: height, class: "lane" }),
  ]);
  const causes = story.entries.filter((entry) => entry.caused_by).map((entry) => {
    const [from, to] = [at(story.entries[entry.caused_by - 1]), at(entry)];
    const [x1, y1, x2, y2] = [from.x + WIDTH / 2, from.y + HEIGHT, to.x + WIDTH / 2, to.y];
    const bend = (y2 - y1) / 2;
    return svg("path", { class: "cause", d: `M${x1},${y1} C${x1},${y1 + bend} ${x2},${y2 - bend} ${x2},${y2}` }, svg("title", {}, `${entry.caused_by} → ${entry.number} ${after(entry)}`));
  });
  const boxes = story.entries.map((entry) => {
    const { x, y } = at(entry);
    const choose = () => show(entry);
    const keydown = (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); choose(); } };
    return svg("g", { class: "node", transform: `translate(${x},${y})`, tabindex: 0, role: "button", "aria-label": label(entry), on: { click: choose, keydown } },
      svg("rect", { width: WIDTH, height: HEIGHT, rx: 5 }), svg("text", { x: 6, y: 13, class: "small" }, `${entry.number} ${entry.event || "–"}`.slice(0, 24)),
      svg("text", { x: 6, y: 25, class: "small soft" }, `${new Date(entry.timestamp).toISOString().slice(11, 23)} ${after(entry)}`), svg("title", {}, label(entry)));
  });
  return svg("svg", { id: "story-svg", width, height, viewBox: `0 0 ${width} ${height}` }, names.flat(), causes, boxes);
}

function show(entry) {
  chosen = entry.number;
  byId("story-record").hidden = false;
  byId("story-record").textContent = JSON.stringify(entry, null, 2);
  table();
}

function table() {
  const columns = ["entry", "time", "topic", "place", "event", "causedBy", "after"];
  const rows = story.entries.map((entry) => html("tr", { class: entry.number === chosen ? "selected" : null },
    html("th", { scope: "row", class: "number" }, html("button", { type: "button", id: `entry-${entry.number}`, "aria-pressed": String(entry.number === chosen), on: { click: () => show(entry) } }, entry.number)),
    html("td", {}, new Date(entry.timestamp).toISOString()), html("td", {}, entry.topic), html("td", {}, `${entry.partition}:${entry.offset}`),
    html("td", {}, entry.event || "–"), html("td", { class: "number" }, entry.caused_by ?? "–"), html("td", { class: "number" }, after(entry))));
  refill(byId("story-table"), html("thead", {}, html("tr", {}, columns.map((name) => html("th", { scope: "col" }, word(name))))), html("tbody", {}, rows));
}

export function draw() {
  if (!story) return;
  const { coverage, standing } = story;
  const now = Object.entries(standing).map(([name, value]) => `${name} ${value}`).join(", ");
  const read = `${number(coverage.told)} ${word("recordsShown")} · ${number(coverage.read)} ${word("ofLog")} ${number(coverage.in_log)} ${word("read")} · ${coverage.complete ? word("complete") : word("notComplete")}`;
  byId("story-state").textContent = now ? `${read} · ${word("now")}: ${now}` : read;
  byId("story-picture").replaceChildren(...(story.entries.length ? [picture()] : []));
  byId("story-save").hidden = story.entries.length === 0;
  table();
}

async function tell() {
  const [kind, id] = [byId("story-kind").value, byId("story-id").value.trim()];
  byId("story-state").textContent = word("reading");
  byId("story-trouble").textContent = "";
  byId("story-command").textContent = `timesale story ${kind} ${shellWord(id)}`;
  const answer = await fetch(`/v1/stories/${kind}/${encodeURIComponent(id)}`, { cache: "no-store" });
  [story, chosen] = [answer.ok ? await answer.json() : null, null];
  byId("story-record").hidden = true;
  byId("story-result").hidden = !answer.ok;
  if (!answer.ok) {
    byId("story-state").textContent = "";
    byId("story-trouble").textContent = await refusal(answer);
  }
  draw();
}

// The picture as a file of its own, in the page's colours.
function saveSvg() {
  const copy = byId("story-svg").cloneNode(true);
  copy.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  for (const [one, other] of [...byId("story-svg").querySelectorAll("rect, path, line, text")].map((one, at) => [one, copy.querySelectorAll("rect, path, line, text")[at]])) {
    const style = getComputedStyle(one);
    for (const name of ["fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "font-family", "opacity"]) other.setAttribute(name, style.getPropertyValue(name));
  }
  save(fileName(`story-${story.subject.kind}-${story.subject.id}.svg`), new Blob([copy.outerHTML], { type: "image/svg+xml" }));
}

export function open() {
  byId("story").addEventListener("submit", (event) => { event.preventDefault(); tell(); });
  byId("story-save").addEventListener("click", saveSvg);
}
