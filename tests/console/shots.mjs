// SPDX-License-Identifier: Apache-2.0
// Pictures of the pages, for people to look at beside the design: page × language × theme × width, into build/console-shots.
//   node shots.mjs [CONSOLE [OUT]]
import { mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { startBrowser } from "./browser.mjs";
import { startMock } from "./mock.mjs";

export const PAGES = { inbox: "/inbox", incident: "/incidents/SC-2026-0147", sensors: "/sensors/pq-lan-01" };
export const LANGS = ["vi", "en"];
export const THEMES = ["dem", "ngay"];
export const WIDTHS = [1280, 390];
const HEIGHTS = { inbox: 900, incident: 1180, sensors: 1260 };  // as in the design

/// Calls `look(page, name, settings)` for each of the 24 that `isWanted`; takes a picture of each when `folder` is given. What is
/// only looked at stands on a high page, where no bar covers anything.
export async function eachPicture(browser, url, folder, look, isWanted = () => true) {
  if (folder) mkdirSync(folder, { recursive: true });
  for (const width of WIDTHS) for (const theme of THEMES) for (const lang of LANGS) {
    if (!isWanted({ width, theme, lang })) continue;
    const context = await browser.newContext({ viewport: { width, height: folder ? (width === 390 ? 844 : 900) : 2600 }, deviceScaleFactor: 1, hasTouch: width === 390, reducedMotion: "reduce" });
    await context.addInitScript(([l, t]) => { localStorage.setItem("hd.lang", l); localStorage.setItem("hd.theme", t); }, [lang, theme]);
    const page = await context.newPage();
    page.setDefaultTimeout(15_000);
    for (const [name, path] of Object.entries(PAGES)) {
      if (folder && width > 390) await page.setViewportSize({ width, height: HEIGHTS[name] });
      await page.goto(url + path);
      await page.waitForSelector("h1:not(.vh)", { state: "attached" });
      await page.waitForSelector(name === "inbox" ? ".row" : name === "incident" ? ".tl li" : ".sumt");
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      if (folder) await page.screenshot({ path: join(folder, `${name}-${lang}-${theme}-${width}.png`), fullPage: name !== "inbox" });
      await look(page, `${name} ${lang} ${theme} ${width}`, { name, lang, theme, width });
    }
    await context.close();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
  const out = resolve(process.argv[3] ?? join(root, "build", "console-shots"));
  const mock = await startMock(resolve(process.argv[2] ?? join(root, "build", "console")));
  const browser = await startBrowser();
  let pictures = 0;
  await eachPicture(browser, mock.url, out, () => void (pictures += 1));
  await browser.close();
  await mock.stop();
  process.stdout.write(`${pictures} pictures in ${out}\n`);
}
