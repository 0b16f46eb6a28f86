// SPDX-License-Identifier: Apache-2.0
// How the pages stand: page × language × theme × width, by axe-core; no sideways scroll; nothing outside; nothing too heavy.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { watch } from "./browser.mjs";
import { test } from "./check.mjs";
import { startMock } from "./mock.mjs";
import { eachPicture, WIDTHS } from "./shots.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

async function axeFaults(page) {
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] }));
  return found.violations.map((one) => `${one.id}: ${one.nodes.slice(0, 3).map((node) => node.target.join(" ")).join(" | ")}`);
}

const isTooWide = (page) => page.evaluate(() => document.documentElement.scrollWidth > innerWidth || (document.querySelector("main")?.scrollWidth ?? 0) > (document.querySelector("main")?.clientWidth ?? 0));

export function looks(browser, folder) {
  // Colours differ by theme and lengths by language: two of the four pairs have all of both.
  for (const wide of WIDTHS) test(`looks: at ${wide} px axe finds nothing and nothing scrolls sideways, in both languages and themes`, async () => {
    const mock = await startMock(folder);
    const faults = [];
    try {
      await eachPicture(browser, mock.url, "", async (page, name) => {
        faults.push(...(await axeFaults(page)).map((fault) => `${name}: ${fault}`));
        if (await isTooWide(page)) faults.push(`${name}: scrolls sideways`);
        const bars = await page.locator(".tabbar:visible, .dock:visible").count();
        if ((wide === 390) !== (bars > 0)) faults.push(`${name}: ${bars} bars of the phone`);
      }, ({ width, lang, theme }) => width === wide && (lang === "vi") === (theme === "dem"));
    } finally {
      await mock.stop();
    }
    assert.deepEqual(faults, []);
  });
  test("looks: the pages stand at 320 px and the other pages at 390 px", async () => {
    const mock = await startMock(folder, { role: "admin" });
    const context = await browser.newContext({ viewport: { width: 390, height: 2600 }, hasTouch: true });
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    const faults = watch(page, mock.url);
    try {
      for (const [path, mark, width] of [["/incidents", ".tbl", 390], ["/groups/100", ".samples", 390], ["/incidents/SC-2026-0147?tab=record", "textarea", 390], ["/incidents/SC-2026-0147?tab=alerts", ".evidence", 390], ["/me", "form", 390], ["/admin/users", ".people li", 390],
        ["/inbox", ".row", 320], ["/incidents/SC-2026-0147", ".tl li", 320], ["/sensors", ".sumt", 320]]) {
        await page.setViewportSize({ width, height: 2600 });
        await page.goto(mock.url + path);
        await page.waitForSelector(mark);
        if (await isTooWide(page)) faults.push(`${path} at ${width}: scrolls sideways`);
        if (width === 390) faults.push(...(await axeFaults(page)).map((fault) => `${path}: ${fault}`));
      }
    } finally {
      await context.close();
      await mock.stop();
    }
    assert.deepEqual(faults, []);
  });
  test("looks: the first load stays below 120 kB of script and 200 kB in all, compressed", () => {
    const sizes = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith(".gz")).map((name) => [name, readFileSync(join(folder, name)).length]);
    const sum = (rows) => rows.reduce((all, [, size]) => all + size, 0);
    assert.ok(sum(sizes.filter(([name]) => name.endsWith(".js.gz"))) < 120_000);
    assert.ok(sum(sizes) < 200_000);
  });
}
