// SPDX-License-Identifier: Apache-2.0
// The catalogues of both languages, against each other and against the sources.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "./check.mjs";

function catalogue(path) {
  const rows = [...readFileSync(path, "utf8").matchAll(/^\s*"([^"]+)":\s*"((?:[^"\\]|\\.)*)",?$/gm)];
  return new Map(rows.map(([, key, text]) => [key, text]));
}
const places = (text) => [...new Set([...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1]))].sort().join(" ");
const sourcesOf = (folder) => readdirSync(folder, { recursive: true }).filter((name) => /\.tsx?$/.test(name) && !name.startsWith("text")).map((name) => readFileSync(join(folder, name), "utf8")).join("\n");

export function words(folder) {
  const vi = catalogue(join(folder, "text", "vi.ts")), en = catalogue(join(folder, "text", "en.ts"));
  test("words: both languages have the same keys", () => {
    assert.ok(vi.size > 200);
    assert.deepEqual([...vi.keys()].sort(), [...en.keys()].sort());
  });
  test("words: a text names the same values in both languages", () => {
    for (const [key, text] of vi) assert.equal(places(en.get(key)), places(text), key);
  });
  test("words: every key is used", () => {
    const sources = sourcesOf(folder);
    const families = [...sources.matchAll(/t\(`([\w.]+)\$\{/g)].map((found) => found[1]);
    const unused = [...vi.keys()].filter((key) => !sources.includes(`"${key}"`) && !families.some((family) => key.startsWith(family)));
    assert.deepEqual(unused, []);
  });
  test("words: no text leaves the page by itself", () => {
    const sources = sourcesOf(folder);
    for (const forbidden of ["innerHTML", "outerHTML", "insertAdjacentHTML", "dangerouslySetInnerHTML", "document.write", "eval(", "new Function"]) assert.ok(!sources.includes(forbidden), forbidden);
  });
}
