// What every test of the page shares: a browser, a signed-in page on which nothing comes from elsewhere, and what is looked at.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

export const { CONSOLE_URL, CONSOLE_PID, INGRESS_URL, ANALYST, OPERATOR, CHROMIUM, SCREENSHOTS } = process.env;
const AXE = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");

export const LOOKS = [["light", { colorScheme: "light" }], ["dark", { colorScheme: "dark" }], ["narrow", { viewport: { width: 360, height: 740 } }], ["korean", { locale: "ko-KR" }]];

let browser;
before(async () => { browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] }); });
after(() => browser.close());

export const newContext = (options) => browser.newContext({ locale: "en-GB", viewport: { width: 1280, height: 900 }, ...options });

// A page of whoever has this token; anything from another origin is refused and noted. Statuses that are asked for are no errors.
export async function open(options = {}, token = ANALYST, statuses = ["401"]) {
  const context = await newContext(options);
  const page = await context.newPage();
  page.elsewhere = [];
  page.errors = [];
  await page.route((url) => url.origin !== CONSOLE_URL && url.protocol !== "data:", (route) => { page.elsewhere.push(route.request().url()); route.abort(); });
  page.on("pageerror", (error) => page.errors.push(String(error)));
  page.on("console", (message) => { if (message.type() === "error" && !statuses.some((status) => message.text().includes(status))) page.errors.push(message.text()); });
  await page.goto(CONSOLE_URL);
  await page.locator("#token").fill(token);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await page.locator("#groups tbody tr th").first().waitFor();
  return page;
}

export async function violations(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return found.violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.target).join(" ")}`);
}

export async function isNoWider(page) {
  const wider = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wider <= 0, `${wider} px wider than the screen`);
}

// What the browser saves when a button is pressed by keyboard.
export async function saved(page, button) {
  await page.locator(button).focus();
  const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("Enter")]);
  return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
}

export async function close(page) {
  assert.deepEqual(page.elsewhere, [], "nothing is loaded from elsewhere");
  assert.deepEqual(page.errors, [], "nothing fails");
  await page.context().close();
}
