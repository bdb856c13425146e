// A table of records that stays small however many come: the newest 5,000 are kept, those in sight are drawn, and what was dropped is counted.

import { html, refill } from "./dom.mjs";
import { word } from "./words.mjs";

const MOST = 5000;
// The height of a row, as the stylesheet has it, and rows that are drawn beyond each edge.
const ROW = 28, AROUND = 8;
const LETTERS = 400;

const text = (record) => (record.value === undefined ? `base64 ${record.value_base64}` : record.value === null ? word("tombstone") : JSON.stringify(record.value));
const clock = (at) => new Date(at).toISOString().slice(11, 23);
export const place = (record) => `${record.partition}:${record.offset}`;

export class Rows {
  // `box` scrolls; `select` is told which record was chosen.
  constructor(box, select) {
    Object.assign(this, { box, select, records: [], dropped: 0, isDue: false, selected: null });
    this.space = html("div", { class: "space" });
    box.replaceChildren(this.space);
    box.addEventListener("scroll", () => this.drawSoon());
    new ResizeObserver(() => this.drawSoon()).observe(box);
  }

  clear() {
    Object.assign(this, { records: [], dropped: 0, selected: null });
    this.draw();
  }

  add(record) {
    this.records.push(record);
    // While nobody looks nothing is drawn, and nothing may pile up.
    if (this.records.length >= 2 * MOST) this.trim();
    this.drawSoon();
  }

  trim() {
    const over = this.records.length - MOST;
    if (over <= 0) return;
    this.records.splice(0, over);
    this.dropped += over;
  }

  drawSoon() {
    if (this.isDue) return;
    this.isDue = true;
    requestAnimationFrame(() => { this.isDue = false; this.draw(); });
  }

  draw() {
    const { box, space } = this;
    const isAtEnd = box.scrollTop + box.clientHeight >= space.offsetHeight - ROW;
    this.trim();
    space.style.height = `${(this.records.length + 1) * ROW}px`;
    if (isAtEnd) box.scrollTop = box.scrollHeight;
    const first = Math.max(0, Math.floor(box.scrollTop / ROW) - AROUND);
    const seen = this.records.slice(first, first + Math.ceil(box.clientHeight / ROW) + 2 * AROUND);
    const head = ["time", "topic", "place", "key", "event", "value"].map((name) => html("th", { scope: "col" }, word(name)));
    const table = html("table", { "aria-rowcount": this.records.length + 1 }, html("thead", {}, html("tr", {}, head)),
      html("tbody", {}, seen.map((record, row) => this.row(record, first + row))));
    table.style.top = `${first * ROW}px`;
    refill(space, table);
  }

  row(record, row) {
    const id = `${record.topic} ${place(record)}`;
    const choose = () => { this.selected = id; this.select(record); this.draw(); };
    const open = html("button", { type: "button", id: `record-${id}`, "aria-pressed": String(this.selected === id), on: { click: choose } }, place(record));
    return html("tr", { class: this.selected === id ? "selected" : null, "aria-rowindex": row + 2 },
      html("td", {}, clock(record.timestamp)), html("td", {}, record.topic), html("th", { scope: "row" }, open),
      html("td", {}, record.key ?? record.key_base64 ?? "–"), html("td", {}, record.event ?? "–"), html("td", {}, text(record).slice(0, LETTERS)));
  }
}
