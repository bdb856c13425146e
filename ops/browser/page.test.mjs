// The page in a real browser: what a person sees, how soon, and what happens when the console stops. Run by scripts/browser, which starts
// everything else and says where it is: CONSOLE_URL, CONSOLE_PID, INGRESS_URL, ANALYST, OPERATOR, CHROMIUM, SCREENSHOTS.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CONSOLE_PID, CONSOLE_URL, INGRESS_URL, LOOKS, OPERATOR, SCREENSHOTS, close, isNoWider, newContext, open, saved, violations } from "./browser.mjs";

test("the first paint is there at once", async () => {
  const page = await open();
  await page.reload();
  const painted = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? Infinity);
  console.log(`# first contentful paint after ${painted.toFixed(0)} ms`);
  assert.ok(painted > 0 && painted < Infinity);
  await close(page);
});

test("a wrong token is refused in words", async () => {
  const context = await newContext();
  const page = await context.newPage();
  await page.goto(CONSOLE_URL);
  await page.locator("#token").fill("x.y.z");
  await page.locator("#enter button").click();
  await page.getByText("The token was refused").waitFor();
  assert.equal(await page.locator("#groups tbody tr").count(), 0);
  await context.close();
});

test("what is written shows", async () => {
  const page = await open();
  const campaign = `page-${Date.now()}`;
  const from = Date.now() - 60000;
  const terms = { stock: 77, claim: { from, until: from + 3600000 }, usable: { from, until: from + 7200000 }, discount: { fixed: { amount: 1000 } } };
  const began = performance.now();
  const answer = await fetch(`${INGRESS_URL}/v1/campaigns/${campaign}`, { method: "PUT", headers: { Authorization: `Bearer ${OPERATOR}`, "Content-Type": "application/json" }, body: JSON.stringify(terms) });
  assert.ok(answer.ok, `${answer.status}`);
  await page.getByText(campaign).waitFor({ timeout: 30000 });
  await page.locator("#caller", { hasText: /^analyst-1$/ }).waitFor();
  console.log(`# shown ${(performance.now() - began).toFixed(0)} ms after it was sent`);
  await page.getByText("77 of 77 remaining").first().waitFor();
  await page.screenshot({ path: `${SCREENSHOTS}/light.png`, fullPage: true });
  await close(page);
});

test("every group of the installation is there and can be chosen by keyboard alone", async () => {
  const page = await open();
  for (const group of ["timesale.coupons", "timesale.orders", "timesale.sinks.postgres.coupons", "timesale.sinks.redis.coupons"])
    await page.locator(`[id="row-${group} ${group.includes("sinks") ? "coupons.events" : `${group.split(".")[1]}.inbox`}"]`).waitFor();
  await page.locator("#filter").focus();
  await page.keyboard.type("timesale.coupons");
  await page.locator("#groups tbody tr").nth(1).waitFor({ state: "detached" });
  let steps = 0;
  while (!(await page.evaluate(() => document.activeElement?.id.startsWith("row-"))) && steps++ < 30) await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator("#detail-title", { hasText: "timesale.coupons" }).waitFor();
  await page.locator("#explained li").first().waitFor();
  assert.match(await page.locator("#command").textContent(), /timesale lag explain timesale\.coupons/);
  await page.locator("#chart canvas").waitFor();
  assert.equal(await page.locator("#strip .cell").count(), await page.locator("#partitions tbody tr").count());
  // The table is drawn anew each second; whoever stands in it by keyboard stays there.
  await page.waitForTimeout(2500);
  assert.ok(await page.evaluate(() => document.activeElement?.id.startsWith("row-")));
  await close(page);
});

for (const [locale, png, csv] of [["en-GB", "Chart as PNG", "Chart as CSV"], ["ko-KR", "차트를 PNG로", "차트를 CSV로"]]) {
  test(`the chart is saved as a picture and as numbers: ${locale}`, async () => {
    const page = await open({ locale });
    await page.locator('[id="row-timesale.coupons coupons.inbox"]').press("Enter");
    await page.locator("#chart canvas").waitFor();
    assert.equal(await page.locator("#png").textContent(), png);
    assert.equal(await page.locator("#chart-csv").textContent(), csv);
    const picture = await saved(page, "#png");
    assert.equal(picture.name, "lag-timesale.coupons-coupons.inbox.png");
    assert.deepEqual([...picture.bytes.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
    const [width, height] = [picture.bytes.readUInt32BE(16), picture.bytes.readUInt32BE(20)];
    assert.ok(width >= 280 && height > 180, `${width} x ${height}`);
    assert.ok(picture.bytes.length > 2000, `${picture.bytes.length} bytes`);
    console.log(`# ${locale}: ${width} x ${height}, ${picture.bytes.length} bytes`);
    const numbers = await saved(page, "#chart-csv");
    assert.equal(numbers.name, "lag-timesale.coupons-coupons.inbox.csv");
    assert.match(numbers.bytes.toString(), /^"at","seconds"(\r\n"\d{4}-\d\d-\d\dT[\d:.]+Z","[\d.]*")+$/);
    await close(page);
  });
}

test("names with quotes and line breaks stay names in a shell, in PromQL, in CSV and as files", async () => {
  const page = await open();
  const written = await page.evaluate(async () => {
    const { shellWord, promString, csv, fileName } = await import("/assets/quote.mjs");
    const name = `a'b"c\\d\n$(reboot)`;
    return [shellWord("timesale.orders"), shellWord(name), promString(name), csv([["a", name], [null, 1]]), fileName(`../${name}.png`)];
  });
  assert.deepEqual(written, ["timesale.orders", `'a'\\''b"c\\d\n$(reboot)'`, `"a'b\\"c\\\\d\\n$(reboot)"`, `"a","a'b""c\\d\n$(reboot)"\r\n"","1"`, "..-a-b-c-d-reboot-.png"]);
  await close(page);
});

test("the flow shows what is declared", async () => {
  const page = await open();
  for (const node of ["coupons.inbox", "coupons", "coupons.events", "sinks.postgres", "ingress"]) await page.locator("#flow text", { hasText: new RegExp(`^${node}$`) }).first().waitFor();
  assert.match(await page.locator("#flow .behind").first().textContent(), /\d+\.\d s|min|h|d|–/);
  await close(page);
});

for (const [name, options] of LOOKS) {
  test(`it is accessible: ${name}`, async () => {
    const page = await open(options);
    await page.locator("#flow svg").waitFor();
    assert.deepEqual(await violations(page), []);
    await isNoWider(page);
    if (name === "korean") await page.getByText("그룹").first().waitFor();
    await page.screenshot({ path: `${SCREENSHOTS}/${name}.png`, fullPage: true });
    await close(page);
  });
}

test("it turns grey when the console stops, and comes back", async () => {
  const page = await open();
  await page.locator("body:not(.stale)").waitFor();
  process.kill(Number(CONSOLE_PID), "SIGSTOP");
  const began = performance.now();
  try {
    await page.locator("body.stale").waitFor({ timeout: 60000 });
    console.log(`# grey ${(performance.now() - began).toFixed(0)} ms after SIGSTOP`);
    await page.screenshot({ path: `${SCREENSHOTS}/stale.png` });
  } finally {
    process.kill(Number(CONSOLE_PID), "SIGCONT");
  }
  await page.locator("body:not(.stale)").waitFor({ timeout: 60000 });
  await page.context().close();
});
