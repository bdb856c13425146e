// The groups: one line a group and topic, the worst first, filtered and sorted here.

import { byId, html, refill, save, sparkline } from "./dom.mjs";
import { csv } from "./quote.mjs";
import { number, seconds, status, word } from "./words.mjs";

const RANK = ["ok", "unknown", "slow", "rewound", "stalled", "stopped"];
const COLUMNS = [
  ["status", (line) => RANK.indexOf(line.topic.status)],
  ["group", (line) => line.group.group],
  ["topic", (line) => line.topic.topic],
  ["records", (line) => line.topic.records],
  ["behind", (line) => line.topic.seconds ?? -1],
  ["trend", (line) => line.topic.trend ?? -1e9],
  ["caughtUp", (line) => line.topic.catch_up_seconds ?? -1],
  ["slo", (line) => line.topic.slo_seconds ?? -1],
  ["members", (line) => line.group.members ?? -1],
  ["minute", null],
];

let sorted = { column: 0, isDown: true };

export const lines = (lag) => lag.groups.flatMap((group) => group.topics.map((topic) => ({ group, topic })));

function ordered(lag) {
  const wanted = byId("filter").value.trim().toLowerCase();
  const key = COLUMNS[sorted.column][1];
  const shown = lines(lag).filter(({ group, topic }) => `${group.group} ${topic.topic} ${topic.status}`.toLowerCase().includes(wanted));
  const compare = (one, other) => (one < other ? -1 : one > other ? 1 : 0);
  return shown.sort((one, other) => {
    const order = compare(key(one), key(other)) * (sorted.isDown ? -1 : 1);
    return order || (other.topic.seconds ?? -1) - (one.topic.seconds ?? -1) || compare(one.group.group, other.group.group) || compare(one.topic.topic, other.topic.topic);
  });
}

export function draw(lag, selected, select, again) {
  const head = html("tr", {}, COLUMNS.map(([name, key], column) => {
    const direction = sorted.column === column ? (sorted.isDown ? "descending" : "ascending") : null;
    const sort = () => {
      sorted = { column, isDown: sorted.column === column ? !sorted.isDown : true };
      again();
    };
    return html("th", { scope: "col", "aria-sort": direction }, key ? html("button", { type: "button", id: `sort-${name}`, on: { click: sort } }, word(name)) : word(name));
  }));
  const rows = ordered(lag).map(({ group, topic }) => {
    const id = `${group.group} ${topic.topic}`;
    const isOver = topic.slo_seconds && topic.seconds > topic.slo_seconds;
    return html("tr", { class: selected === id ? "selected" : null, "data-status": topic.status },
      html("td", { class: `status ${topic.status}` }, status(topic.status)),
      html("th", { scope: "row" }, html("button", { type: "button", id: `row-${id}`, "aria-expanded": String(selected === id), on: { click: () => select(group.group, topic.topic) } }, group.group)),
      html("td", {}, topic.topic),
      html("td", { class: "number" }, topic.partitions.length ? number(topic.records) : "–"),
      html("td", { class: isOver ? "number over" : "number" }, seconds(topic.seconds)),
      html("td", { class: "number" }, topic.trend === null ? "–" : `${topic.trend >= 0 ? "+" : ""}${topic.trend.toFixed(1)} s/s`),
      html("td", { class: "number" }, seconds(topic.catch_up_seconds)),
      html("td", { class: "number" }, topic.slo_seconds ? `${topic.slo_seconds} s` : "–"),
      html("td", { class: "number" }, group.members ?? "–"),
      html("td", {}, sparkline(topic.last_minute, 90, 18, `${word("minute")}: ${seconds(topic.seconds)}`)));
  });
  const empty = html("tr", {}, html("td", { colspan: COLUMNS.length }, word("none")));
  refill(byId("groups"), html("thead", {}, head), html("tbody", {}, rows.length ? rows : empty));
}

export function saveCsv(lag) {
  const header = ["status", "group", "topic", "records", "seconds", "trend", "catch_up_seconds", "slo_seconds", "members"];
  const rows = ordered(lag).map(({ group, topic }) => [topic.status, group.group, topic.topic, topic.records, topic.seconds, topic.trend, topic.catch_up_seconds, topic.slo_seconds, group.members]);
  save("lag.csv", new Blob([csv([header, ...rows])], { type: "text/csv" }));
}
