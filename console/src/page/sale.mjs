// The sale: numbers that the console counts from the facts.

import { byId, html } from "./dom.mjs";
import { number, seconds, word } from "./words.mjs";
import { lines } from "./groups.mjs";

let before = null;

const item = (name, text, mark = null) => html("div", { class: mark }, html("dt", {}, name), html("dd", {}, text));

// What is written to the topics that groups read, each topic once, and what all groups read.
function rates(lag) {
  const written = new Map();
  let read = 0;
  for (const { topic } of lines(lag)) {
    written.set(topic.topic, topic.written_per_second ?? 0);
    read += topic.read_per_second ?? 0;
  }
  return [...written.values()].reduce((sum, rate) => sum + rate, 0).toFixed(0) + " · " + read.toFixed(0);
}

export function draw(sale, lag) {
  const decided = sale.claims.reduce((sum, claim) => sum + claim.count, 0);
  const rate = before && sale.at_ms > before.at ? ((decided - before.decided) * 1000) / (sale.at_ms - before.at) : 0;
  before = { at: sale.at_ms, decided };
  const [open, overdue] = sale.orders.reduce(([open, overdue], state) => [open + state.open, overdue + state.overdue], [0, 0]);
  const worst = lag ? lines(lag).filter(({ topic }) => topic.seconds !== null).sort((one, other) => other.topic.seconds - one.topic.seconds)[0] : null;
  const allowed = worst?.topic.slo_seconds ? ` ${word("of")} ${worst.topic.slo_seconds} s` : "";
  const items = [
    item(word("worst"), worst ? `${seconds(worst.topic.seconds)}${allowed} · ${worst.group.group}` : "–", worst?.topic.slo_seconds && worst.topic.seconds > worst.topic.slo_seconds ? "bad" : null),
    item(word("rates"), lag ? rates(lag) : "–"),
    item(word("claims"), `${number(decided)} · ${number(Math.round(rate))}/s`),
    item(word("orders"), overdue ? `${number(open)} · ${number(overdue)} ${word("overdue")}` : number(open), overdue ? "bad" : null),
    item(word("paid"), `${number(sale.paid)} ${word("won")}`),
    item(word("refunded"), `${number(sale.refunded)} ${word("won")}`),
    item(word("deadLetters"), number(sale.dead_letters), sale.dead_letters ? "bad" : null),
    ...(sale.unreadable ? [item(word("unreadable"), number(sale.unreadable), "bad")] : []),
    ...sale.campaigns.slice(0, 4).map((campaign) => item(campaign.campaign,
      `${number(campaign.remaining)} ${word("of")} ${number(campaign.stock)} ${word("remaining")} · ${number(campaign.granted)} ${word("granted")}`)),
    ...sale.products.slice(0, 4).map((product) => item(product.sku, `${number(product.available)} ${word("available")}`)),
  ];
  if (!sale.is_warm) items.unshift(item(word("sale"), word("warming")));
  byId("sale").replaceChildren(...items);
  const broken = sale.violations.filter((violation) => violation.count > 0);
  const sentences = broken.map((violation) => html("li", {}, `${violation.name}: ${number(violation.count)}`));
  if (broken.length && sale.newest_violation) sentences.push(html("li", {}, sale.newest_violation));
  byId("violations").replaceChildren(...sentences);
}
