// SPDX-License-Identifier: Apache-2.0
// A small runner: tests with their names, a few at once; totals at the end.
import assert from "node:assert/strict";

const tests = [];
export const test = (name, run) => void tests.push({ name, run });

const AT_ONCE = 4;

/// Runs all whose name contains `wanted`, a few at once, for each has a collector and a page of its own; answers how many failed.
export async function runAll(wanted = "") {
  let passed = 0, failed = 0;
  const waiting = tests.filter((one) => one.name.includes(wanted));
  const work = async () => {
    for (let one = waiting.shift(); one; one = waiting.shift()) await runOne(one);
  };
  const runOne = async ({ name, run }) => {
    const started = Date.now();
    try {
      await run();
      passed += 1;
      if (process.env.TIMES) process.stdout.write(`${name}: ${Date.now() - started} ms\n`);
    } catch (problem) {
      failed += 1;
      process.stdout.write(`FAILED ${name} (${Date.now() - started} ms)\n  ${String(problem?.stack ?? problem).slice(0, 2000).replaceAll("\n", "\n  ")}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  process.stdout.write(`${passed} passed, ${failed} failed\n`);
  return failed;
}

/// Asks until it is so; a browser answers in its own time.
export async function until(what, isSo, longest = 15_000) {
  const end = Date.now() + longest;
  for (;;) {
    if (await isSo()) return;
    assert.ok(Date.now() < end, `it never came to pass: ${what}`);
    await new Promise((resume) => setTimeout(resume, 40));
  }
}

/// What is wrong with `value` by a schema of OpenAPI; an empty list when nothing is.
export function faultsOf(value, schema, all, at = "") {
  if (schema.$ref) return faultsOf(value, all[schema.$ref.split("/").pop()], all, at);
  if (schema.enum && !schema.enum.includes(value)) return [`${at}: ${JSON.stringify(value)} is none of ${schema.enum.join(", ")}`];
  const kind = value === null ? "null" : Array.isArray(value) ? "array" : typeof value === "number" && Number.isInteger(value) ? "integer" : typeof value;
  if (schema.type && schema.type !== kind && !(schema.type === "number" && kind === "integer")) return [`${at}: ${kind} instead of ${schema.type}`];
  if (kind === "array") return value.flatMap((one, index) => faultsOf(one, schema.items ?? {}, all, `${at}[${index}]`));
  if (kind !== "object" || !schema.properties) return [];
  const missing = (schema.required ?? []).filter((name) => !(name in value)).map((name) => `${at}.${name} is missing`);
  return [...missing, ...Object.entries(value).flatMap(([name, one]) => (schema.properties[name] ? faultsOf(one, schema.properties[name], all, `${at}.${name}`) : [`${at}.${name} is not described`]))];
}
