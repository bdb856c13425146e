// The group that was chosen: what is to be said of it, its seconds over the last quarter of an hour, its partitions.

import { byId, html, save, svg } from "./dom.mjs";
import { csv, fileName, promString, shellWord } from "./quote.mjs";
import { json } from "./session.mjs";
import { number, seconds, status, word } from "./words.mjs";
import UPlot from "./uplot.mjs";

const KEPT = 900;
const histories = new Map();
let chart = null;

// Every group's seconds are kept, so that whoever is chosen has a past.
export function remember(lag) {
  for (const group of lag.groups) {
    for (const topic of group.topics) {
      const id = `${group.group} ${topic.topic}`;
      const history = histories.get(id) ?? { at: [], seconds: [] };
      // After the console's clock was set back, what it says is later than now would be drawn backwards.
      while (history.at.at(-1) >= lag.at_ms / 1000) history.at.pop(), history.seconds.pop();
      history.at.push(lag.at_ms / 1000);
      history.seconds.push(topic.seconds);
      if (history.at.length > KEPT) history.at.shift(), history.seconds.shift();
      histories.set(id, history);
    }
  }
}

function drawChart(id) {
  const history = histories.get(id) ?? { at: [], seconds: [] };
  const data = [history.at, history.seconds];
  const colour = getComputedStyle(document.documentElement).getPropertyValue("--ink");
  if (chart?.of === id) {
    chart.plot.setData(data);
    return;
  }
  chart?.plot.destroy();
  const width = Math.max(280, Math.min(900, byId("chart").clientWidth || 600));
  const axis = { stroke: colour, grid: { stroke: "#8884" } };
  const plot = new UPlot({ width, height: 180, legend: { show: false }, axes: [axis, axis],
    series: [{}, { label: word("secondsBehind"), stroke: "#2a78d6", width: 2, spanGaps: false }] }, data, byId("chart"));
  plot.root.setAttribute("role", "img");
  chart = { of: id, plot };
}

// The chart as a picture, on the page's own ground, under a line that says what it shows and until when.
export function savePng(groupName, topicName) {
  if (!chart) return;
  const drawn = chart.plot.ctx.canvas;
  const colours = getComputedStyle(document.body);
  const line = Math.round(24 * devicePixelRatio);
  const canvas = html("canvas", { width: drawn.width, height: drawn.height + line });
  const context = canvas.getContext("2d");
  context.fillStyle = colours.backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = colours.color;
  context.font = `${Math.round(13 * devicePixelRatio)}px sans-serif`;
  const until = new Date((histories.get(chart.of)?.at.at(-1) ?? 0) * 1000).toISOString();
  context.fillText(`${groupName} · ${topicName} · ${word("secondsBehind")} · ${until}`, line / 3, line * 0.75, canvas.width - line);
  context.drawImage(drawn, 0, line);
  canvas.toBlob((picture) => picture && save(fileName(`lag-${groupName}-${topicName}.png`), picture), "image/png");
}

// What the chart shows, a line a second.
export function saveCsv(groupName, topicName) {
  const { at, seconds: behind } = histories.get(`${groupName} ${topicName}`) ?? { at: [], seconds: [] };
  const rows = at.map((second, place) => [new Date(second * 1000).toISOString(), behind[place]]);
  save(fileName(`lag-${groupName}-${topicName}.csv`), new Blob([csv([["at", "seconds"], ...rows])], { type: "text/csv" }));
}

export async function draw(lag, groupName, topicName) {
  const section = byId("detail");
  const group = lag.groups.find((found) => found.group === groupName);
  const topic = group?.topics.find((found) => found.topic === topicName);
  section.hidden = !topic;
  if (!topic) return;
  const id = `${groupName} ${topicName}`;
  byId("detail-title").textContent = `${groupName} · ${topicName}: ${status(topic.status)}`;
  drawChart(id);
  byId("chart").firstElementChild?.setAttribute("aria-label", `${groupName}: ${seconds(topic.seconds)}`);
  byId("command").textContent = `timesale lag explain ${groupName.startsWith("-") ? "-- " : ""}${shellWord(groupName)}`;
  byId("promql").textContent = `kafka_consumergroup_group_lag_seconds{group=${promString(groupName)},topic=${promString(topicName)}}`;
  const ends = new Map(lag.partitions.filter((found) => found.topic === topicName).map((found) => [found.partition, found]));
  const columns = ["status", "partition", "records", "behind", "position", "stable", "end", "owner"];
  strip(topic.partitions);
  const rows = topic.partitions.map((part) => html("tr", {},
    html("td", { class: `status ${part.status}` }, status(part.status)),
    html("th", { scope: "row", class: "number" }, part.partition),
    html("td", { class: "number" }, `${part.is_inflated ? "≤ " : ""}${number(part.records)}`),
    html("td", { class: "number" }, seconds(part.seconds)),
    html("td", { class: "number" }, number(part.position)),
    html("td", { class: "number" }, number(ends.get(part.partition)?.stable ?? 0)),
    html("td", { class: "number" }, number(ends.get(part.partition)?.end ?? 0)),
    html("td", {}, part.owner ? `${part.owner.client} ${part.owner.host}` : "–")));
  byId("partitions").replaceChildren(
    html("thead", {}, html("tr", {}, columns.map((name) => html("th", { scope: "col" }, word(name))))), html("tbody", {}, rows));
}

// All partitions at a glance, a cell each: colour and mark say its status.
function strip(partitions) {
  const [cell, most] = [26, 32];
  const cells = partitions.map((part, at) => svg("g", { class: `cell ${part.status}`, transform: `translate(${(at % most) * cell},${Math.floor(at / most) * cell})` },
    svg("rect", { width: cell - 3, height: cell - 3, rx: 3 }), svg("text", { x: (cell - 3) / 2, y: 16 }, part.partition),
    svg("title", {}, `${part.partition}: ${status(part.status)}, ${seconds(part.seconds)}`)));
  const [width, height] = [Math.min(partitions.length, most) * cell, Math.ceil(partitions.length / most) * cell];
  const worst = partitions.map((part) => `${part.partition} ${status(part.status)}`).join(", ");
  byId("strip").replaceChildren(svg("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": worst }, cells));
}

// The server's sentences, asked for when a group is chosen and every ten seconds.
export async function explain(groupName) {
  const told = await json(`/v1/lag/${encodeURIComponent(groupName)}`);
  byId("explained").replaceChildren(...(told?.explained ?? []).map((line) => html("li", {}, line.trim())));
}
