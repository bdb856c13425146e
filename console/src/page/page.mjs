// The page: signs in, takes what the streams bring, and shows how old it is. Numbers never stand still in colour: what is older than three
// seconds turns the page grey.

import { byId } from "./dom.mjs";
import * as detail from "./detail.mjs";
import * as flow from "./flow.mjs";
import * as groups from "./groups.mjs";
import * as sale from "./sale.mjs";
import { enter, json, leave, stream, who } from "./session.mjs";
import * as story from "./story.mjs";
import * as tap from "./tap.mjs";
import { changeLanguage, translate, word } from "./words.mjs";

const STALE_MS = 3000;
const state = { lag: null, sale: null, topology: null, at: 0, ticked: 0, isPaused: false, group: null, topic: null, streams: [], explained: 0 };

function select(group, topic) {
  const isSame = state.group === group && state.topic === topic;
  [state.group, state.topic] = isSame ? [null, null] : [group, topic];
  state.explained = 0;
  draw();
  if (!isSame) byId("detail").scrollIntoView({ block: "nearest" });
}

function draw() {
  if (!state.lag) return;
  groups.draw(state.lag, state.group && `${state.group} ${state.topic}`, select, draw);
  if (state.topology) flow.draw(state.topology, state.lag, select);
  if (state.sale) sale.draw(state.sale, state.lag);
  detail.draw(state.lag, state.group, state.topic);
  if (state.group && Date.now() - state.explained > 10000) {
    state.explained = Date.now();
    detail.explain(state.group);
  }
}

// By two clocks: the one may be set back, the other may stand while the machine sleeps.
const ageMs = () => (state.at ? Math.max(Date.now() - state.at, performance.now() - state.ticked) : Infinity);

function showAge() {
  const age = ageMs();
  const isStale = age > STALE_MS;
  const since = state.at ? new Date(state.at).toLocaleTimeString() : "–";
  document.body.classList.toggle("stale", isStale || state.lag?.is_up === false);
  const isKnown = state.lag?.is_up !== false;
  const text = state.isPaused ? word("paused") : isStale ? `${word("lost")} ${since}` : isKnown ? `${word("live")} · ${(age / 1000).toFixed(0)} s ${word("old")}` : `${word("unknown")}: ${state.lag.error ?? ""}`;
  // A screen reader is told only what has changed.
  if (byId("age").textContent !== text) byId("age").textContent = text;
}

function takeLag(lag) {
  [state.at, state.ticked] = [Date.now(), performance.now()];
  detail.remember(lag);
  if (state.isPaused) return;
  state.lag = lag;
  draw();
  showAge();
}

async function open() {
  const caller = await who();
  byId("enter").hidden = Boolean(caller);
  byId("live").hidden = !caller;
  byId("leave").hidden = !caller;
  byId("caller").textContent = caller?.name ?? "";
  if (!caller) return;
  state.topology = await json("/v1/topology");
  if (caller.roles.includes("analyst")) await tap.open();
  for (const id of ["tap", "story"]) byId(id).parentElement.hidden = !caller.roles.includes("analyst");
  byId("tap-here").hidden = !caller.roles.includes("analyst");
  const lost = (isOver) => { if (isOver) setTimeout(reopen, 2000); };
  state.streams = [stream("/v1/lag/stream", "lag", takeLag, lost), stream("/v1/sale/stream", "sale", (numbers) => { if (!state.isPaused) state.sale = numbers; }, () => {})];
}

function reopen() {
  state.streams.forEach((source) => source.close());
  state.streams = [];
  open();
}

byId("enter").addEventListener("submit", async (event) => {
  event.preventDefault();
  const isIn = await enter(byId("token").value);
  byId("refused").textContent = isIn ? "" : word("refused");
  byId("token").value = "";
  if (isIn) reopen();
});
byId("leave").addEventListener("click", async () => { await leave(); location.reload(); });
byId("language").addEventListener("click", () => { changeLanguage(); tap.translateRanges(); story.draw(); draw(); });
byId("tap-here").addEventListener("click", () => tap.tapTopic(state.topic));
byId("filter").addEventListener("input", draw);
byId("csv").addEventListener("click", () => state.lag && groups.saveCsv(state.lag));
byId("png").addEventListener("click", () => detail.savePng(state.group, state.topic));
byId("chart-csv").addEventListener("click", () => detail.saveCsv(state.group, state.topic));
byId("pause").addEventListener("click", () => {
  state.isPaused = !state.isPaused;
  byId("pause").setAttribute("aria-pressed", String(state.isPaused));
  byId("pause").dataset.word = state.isPaused ? "resume" : "pause";
  translate();
});
byId("theme").addEventListener("click", () => {
  const isDark = (document.documentElement.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  document.documentElement.dataset.theme = isDark ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
});
// A session is renewed by whoever comes back with a token; a page that was asleep asks anew.
document.addEventListener("visibilitychange", () => { if (!document.hidden && ageMs() > 2 * STALE_MS) reopen(); });

const theme = localStorage.getItem("theme");
if (theme) document.documentElement.dataset.theme = theme;
translate();
story.open();
setInterval(showAge, 500);
open();
