// SPDX-License-Identifier: Apache-2.0
// All tests of the console. An argument picks those whose name contains it.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { startBrowser } from "./browser.mjs";
import { runAll } from "./check.mjs";
import { acts } from "./acts.mjs";
import { collector } from "./collector.mjs";
import { looks } from "./looks.mjs";
import { words } from "./words.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const folder = join(root, "build", "console");
const program = process.env.HAIDANG_COLLECTOR ?? join(root, "build", "release", "bin", "haidang-collector");
process.once("SIGTERM", () => process.exit(1));
const browser = await startBrowser();
looks(browser, folder);
words(join(root, "collector", "console", "src"));
acts(browser, folder);
let stop = async () => undefined;
if (existsSync(program)) stop = collector(browser, folder, program);
else process.stdout.write(`skipped: no ${program}; the console is tried with the small collector only\n`);
const failed = await runAll(process.argv[2]);
await browser.close();
await stop();
process.exit(failed > 0 ? 1 : 0);
