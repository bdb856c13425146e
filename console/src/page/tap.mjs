// The tap console: asks for any part of any topic and shows it as it comes.

import { byId, html, save } from "./dom.mjs";
import { fileName, shellWord } from "./quote.mjs";
import { Rows } from "./rows.mjs";
import { json, refusal } from "./session.mjs";
import { number, word } from "./words.mjs";

// What can be chosen as a range, as words of a tap.
const RANGES = [["last", "20"], ["last", "1000"], ["last", "15m"], ["last", "1h"], ["last", "1d"], ["all", ""], ["follow", ""]];
const FILTERS = ["key", "event", "contains", "where"];
const EXPORTS = { ndjson: "application/x-ndjson", csv: "text/csv", parquet: "application/vnd.apache.parquet" };

const state = { source: null, shown: 0, lost: 0, rate: 0, end: null, trouble: null, isRunning: false };
let rows = null;

// The words that are asked, without the topic.
function words() {
  const filled = FILTERS.map((name) => [name, byId(`tap-${name}`).value.trim()]).filter(([, value]) => value);
  return [RANGES[byId("tap-range").value], ...filled];
}

function address(asked) {
  return `/v1/taps/${encodeURIComponent(byId("tap-topic").value)}?${new URLSearchParams(asked)}`;
}

function showCommand() {
  const options = words().map(([name, value]) => (value ? `--${name} ${value.startsWith("-") ? `=${shellWord(value)}` : shellWord(value)}` : `--${name}`));
  byId("tap-command").textContent = ["timesale tap", shellWord(byId("tap-topic").value), ...options].join(" ").replaceAll(" =", "=");
  const isEndless = RANGES[byId("tap-range").value][0] === "follow";
  for (const button of byId("tap-exports").children) button.disabled = isEndless;
}

function showState() {
  const said = [`${number(state.shown)} ${word("recordsShown")}`];
  if (rows.dropped) said.push(`${number(rows.dropped)} ${word("dropped")}`);
  if (state.lost) said.push(`${number(state.lost)} ${word("deletedUnread")}`);
  if (state.isRunning) said.push(`${word("reading")}, ${number(Math.round(state.rate))} ${word("perSecond")}`);
  if (state.end) said.push(`${number(state.end.read)} ${word("read")}`, state.end.complete ? word("complete") : `${word("notComplete")}: ${state.end.reason ?? ""}`);
  if (state.end?.not_judged) said.push(`${number(state.end.not_judged)} ${word("notJudged")}`);
  byId("tap-state").textContent = said.join(" · ");
  byId("tap-trouble").textContent = state.trouble ?? "";
  byId("tap-stop").disabled = !state.isRunning;
}

function stop() {
  state.source?.close();
  state.source = null;
  state.isRunning = false;
  showState();
}

// The same question in this shape.
const ask = (url, accept) => fetch(url, { headers: { Accept: accept }, cache: "no-store" });

// An event stream that is refused does not say why.
async function why(url) {
  const answer = await ask(url, "text/event-stream");
  if (!answer.ok) return refusal(answer);
  answer.body?.cancel();
  return word("cut");
}

function run() {
  stop();
  rows.clear();
  byId("tap-record").hidden = true;
  const url = address(words());
  Object.assign(state, { shown: 0, lost: 0, rate: 0, end: null, trouble: null, isRunning: true });
  const source = new EventSource(url);
  state.source = source;
  source.addEventListener("record", (event) => {
    state.shown += 1;
    rows.add(JSON.parse(event.data));
  });
  source.addEventListener("progress", (event) => {
    state.rate = JSON.parse(event.data).partitions.reduce((sum, part) => sum + part.records_per_second, 0);
  });
  source.addEventListener("gap", (event) => { state.lost += JSON.parse(event.data).lost; });
  source.addEventListener("end", (event) => { state.end = JSON.parse(event.data); stop(); });
  source.addEventListener("error", async (event) => {
    if (event.data) {
      const { title, detail } = JSON.parse(event.data);
      state.trouble = detail ?? title;
      stop();
    } else if (source.readyState === EventSource.CLOSED && source === state.source) {
      stop();
      state.trouble = await why(url);
      showState();
    }
  });
  showState();
}

// The same question as a file. The browser holds it whole: for a large one there is the command.
async function exported(kind) {
  const answer = await ask(address(words()), EXPORTS[kind]);
  if (answer.ok) {
    const content = await answer.blob().catch(() => null);
    if (content) save(fileName(`${byId("tap-topic").value}.${kind}`), content);
    state.trouble = content ? null : word("cut");
  } else {
    state.trouble = await refusal(answer);
  }
  showState();
}

function select(record) {
  byId("tap-record").hidden = false;
  byId("tap-record").textContent = JSON.stringify(record, null, 2);
}

// Sets the topic, as somebody does who wants to see what a group reads.
export function tapTopic(topic) {
  byId("tap-topic").value = topic;
  showCommand();
  byId("tap-title").scrollIntoView({ block: "start" });
  byId("tap-run").focus();
}

export function translateRanges() {
  const chosen = byId("tap-range").value || "0";
  byId("tap-range").replaceChildren(...RANGES.map(([name, value], at) => html("option", { value: at }, `${word(`range-${name}`)} ${value}`.trim())));
  byId("tap-range").value = chosen;
  if (rows) { rows.draw(); showState(); }
}

export async function open() {
  const topics = (await json("/v1/topics")) ?? [];
  byId("tap-topic").replaceChildren(...topics.map(({ topic }) => html("option", { value: topic }, topic)));
  const facts = topics.find(({ topic }) => topic === "coupons.events");
  if (facts) byId("tap-topic").value = facts.topic;
  translateRanges();
  if (rows) return;
  rows = new Rows(byId("tap-rows"), select);
  setInterval(() => { if (state.isRunning) showState(); }, 500);
  byId("tap").addEventListener("submit", (event) => { event.preventDefault(); run(); });
  byId("tap").addEventListener("input", showCommand);
  byId("tap-stop").addEventListener("click", stop);
  byId("tap-exports").replaceChildren(...Object.keys(EXPORTS).map((kind) => html("button", { type: "button", id: `tap-${kind}`, on: { click: () => exported(kind) } }, kind)));
  rows.draw();
  showCommand();
  showState();
}
