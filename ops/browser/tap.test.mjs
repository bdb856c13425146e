// The tap console and the story picture in a real browser. Run by scripts/browser, as page.test.mjs is.

import assert from "node:assert/strict";
import { test } from "node:test";
import { INGRESS_URL, LOOKS, OPERATOR, SCREENSHOTS, close, isNoWider, open, saved, violations } from "./browser.mjs";

async function ask(page, topic, range, filters = {}) {
  await page.locator("#tap-topic").selectOption(topic);
  await page.locator("#tap-range").selectOption({ label: range });
  for (const [name, value] of Object.entries(filters)) await page.locator(`#tap-${name}`).fill(value);
  await page.locator("#tap-run").click();
}

// An order of the log, by its newest fact.
const anOrder = (page) => page.evaluate(async () => JSON.parse((await (await fetch("/v1/taps/orders.events?last=1")).text()).split("\n")[0]).value.order);

async function tell(page, order) {
  await page.locator("#story-id").fill(order);
  await page.locator("#story-tell").click();
  await page.locator("#story-svg").waitFor({ timeout: 60000 });
}

test("a topic is shown to its end, personal fields masked, and a record opens by keyboard", async () => {
  const page = await open();
  await ask(page, "coupons.events", "everything");
  await page.locator("#tap-state", { hasText: "complete" }).waitFor({ timeout: 60000 });
  assert.doesNotMatch(await page.locator("#tap-state").textContent(), /not complete/);
  await page.locator("#tap-rows tbody tr").nth(5).waitFor();
  assert.equal(await page.locator("#tap-command").textContent(), "timesale tap coupons.events --all");
  await page.locator("#tap-rows tbody button").last().press("Enter");
  const record = JSON.parse(await page.locator("#tap-record").textContent());
  assert.equal(record.topic, "coupons.events");
  const granted = await page.evaluate(async () => (await (await fetch("/v1/taps/coupons.events?last=20&event=coupon_granted")).text()).split("\n").filter((line) => line.includes('"shopper"')));
  for (const line of granted) assert.match(JSON.parse(line).value.fact.coupon_granted.shopper, /^[0-9a-f]{12}$/);
  await close(page);
});

test("what is written shows in a tap that follows, until it is stopped", async () => {
  const page = await open();
  await ask(page, "coupons.events", "as they come");
  const campaign = `tapped-${Date.now()}`;
  const from = Date.now() - 60000;
  const terms = { stock: 7, claim: { from, until: from + 3600000 }, usable: { from, until: from + 7200000 }, discount: { fixed: { amount: 1000 } } };
  const began = performance.now();
  const answer = await fetch(`${INGRESS_URL}/v1/campaigns/${campaign}`, { method: "PUT", headers: { Authorization: `Bearer ${OPERATOR}`, "Content-Type": "application/json" }, body: JSON.stringify(terms) });
  assert.ok(answer.ok, `${answer.status}`);
  await page.locator("#tap-rows td", { hasText: campaign }).first().waitFor({ timeout: 30000 });
  console.log(`# in the tap ${(performance.now() - began).toFixed(0)} ms after it was sent`);
  assert.ok(await page.locator("#tap-csv").isDisabled(), "what has no end is no file");
  await page.locator("#tap-stop").click();
  await page.locator("#tap-state", { hasNotText: "reading" }).waitFor();
  await close(page);
});

test("filters are words of the command, and what is refused is said", async () => {
  const page = await open({}, undefined, ["401", "400"]);
  await ask(page, "coupons.events", "everything", { event: "coupon_granted", where: "value.version > 2" });
  await page.locator("#tap-state", { hasText: "complete" }).waitFor({ timeout: 60000 });
  assert.equal(await page.locator("#tap-command").textContent(), "timesale tap coupons.events --all --event coupon_granted --where 'value.version > 2'");
  const events = await page.locator("#tap-rows tbody tr td:nth-child(5)").allTextContents();
  assert.ok(events.length > 0 && events.every((event) => event === "coupon_granted"), events.join());
  await page.locator("#tap-where").fill("value.version >");
  await page.locator("#tap-run").click();
  await page.locator("#tap-trouble", { hasText: /where|syntax|expression/i }).waitFor();
  await close(page);
});

test("a tap is saved as a file", async () => {
  const page = await open();
  await page.locator("#tap-topic").selectOption("coupons.events");
  const table = await saved(page, "#tap-csv");
  assert.equal(table.name, "coupons.events.csv");
  assert.match(table.bytes.toString(), /^topic,partition,offset,timestamp,.*\r?\ncoupons\.events,/);
  const parquet = await saved(page, "#tap-parquet");
  assert.equal(parquet.bytes.subarray(0, 4).toString(), "PAR1");
  await close(page);
});

test("however many records come, few are drawn and 5,000 are kept", async () => {
  const page = await open();
  const found = await page.evaluate(async () => {
    const { Rows } = await import("/assets/rows.mjs");
    const box = document.getElementById("tap-rows");
    const rows = new Rows(box, () => {});
    for (let offset = 0; offset < 1e6; offset++) rows.add({ topic: "t", partition: 0, offset, timestamp: 0, key: null, event: null, value: null });
    rows.draw();
    return { kept: rows.records.length, dropped: rows.dropped, drawn: box.querySelectorAll("tbody tr").length, last: rows.records.at(-1).offset };
  });
  assert.deepEqual({ ...found, drawn: found.drawn < 60 }, { kept: 5000, dropped: 995000, drawn: true, last: 999999 });
  await close(page);
});

test("the story of an order has a box a record, arrows from causes, and is saved as a picture", async () => {
  const page = await open();
  await tell(page, await anOrder(page));
  const told = Number((await page.locator("#story-state").textContent()).match(/^\d+/)[0]);
  assert.ok(told >= 3, `${told} records`);
  assert.equal(await page.locator("#story-svg g.node").count(), told);
  assert.equal(await page.locator("#story-table tbody tr").count(), told);
  assert.ok((await page.locator("#story-svg path.cause").count()) >= 2);
  await page.locator("#story-svg g.node").nth(1).press("Enter");
  assert.equal(JSON.parse(await page.locator("#story-record").textContent()).number, 2);
  const picture = await saved(page, "#story-save");
  assert.match(picture.name, /^story-order-.*\.svg$/);
  assert.match(picture.bytes.toString(), /^<svg .*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
  await close(page);
});

test("what is no order is refused in words", async () => {
  const page = await open({}, undefined, ["401", "404", "400"]);
  await page.locator("#story-id").fill("no order at all");
  await page.locator("#story-tell").click();
  await page.locator("#story-trouble:not(:empty)").waitFor();
  await close(page);
});

test("an operator has no taps", async () => {
  const page = await open({}, OPERATOR);
  assert.ok(await page.locator("#tap").isHidden());
  assert.ok(await page.locator("#story").isHidden());
  await close(page);
});

for (const [name, options] of LOOKS) {
  test(`a tap and a story are accessible: ${name}`, async () => {
    const page = await open(options);
    await page.locator("#tap-run").click();
    await page.locator("#tap-rows tbody tr").first().waitFor();
    await page.locator("#tap-rows tbody button").first().click();
    await tell(page, await anOrder(page));
    await page.locator("#story-table button").first().click();
    assert.deepEqual(await violations(page), []);
    await isNoWider(page);
    await page.screenshot({ path: `${SCREENSHOTS}/tap-${name}.png`, fullPage: true });
    await close(page);
  });
}

