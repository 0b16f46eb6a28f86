// SPDX-License-Identifier: Apache-2.0
// The console against the real collector: entered by links of its command line, fed by its import, acted upon through its API.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { watch } from "./browser.mjs";
import { faultsOf, test, until } from "./check.mjs";
import { startMock } from "./mock.mjs";

const PASSWORD = "một con đò nhỏ ở Hà Tiên";
const HOSTILE = "<script>document.title='HỎNG'</script>\u202egpj\u0007";

function alert(sid, signature, source, seconds, url) {
  const at = new Date(Date.now() - seconds * 1000).toISOString().replace("Z", "000+0000");
  return JSON.stringify({ timestamp: at, flow_id: sid * 1000 + seconds, event_type: "alert", src_ip: source, src_port: 40000 + seconds, dest_ip: "10.20.4.15", dest_port: 80, proto: "TCP", app_proto: "http",
    alert: { action: "allowed", gid: 1, signature_id: sid, rev: 1, signature, category: "Web Application Attack", severity: 2 }, http: { hostname: "dvc.example", url, http_method: "GET" } });
}

/// A collector on a new store, with one person who may do everything and one who may only look.
async function startCollector(program, folder) {
  const home = mkdtempSync(join(tmpdir(), "haidang-console-"));
  const verb = (...args) => {
    const done = spawnSync(program, ["--store", join(home, "store"), ...args], { encoding: "utf8", timeout: 20_000 });
    assert.equal(done.status, 0, `${args.join(" ")}: ${done.stderr}`);
    return done.stdout.trim();
  };
  const links = {};
  for (const [name, role] of [["thu", "admin"], ["xem", "viewer"]]) links[name] = new URL(verb("users", "add", name, "--role", role, "--one-time-link", "--url", "http://127.0.0.1:1")).pathname;
  const child = spawn(program, ["--store", join(home, "store"), "run", "--link", "tcp://127.0.0.1:0", "--enrol", "tcp://127.0.0.1:0", "--http", "127.0.0.1:0", "--plain-http", "--console", folder], { stdio: ["ignore", "pipe", "ignore"] });
  const abandon = () => child.kill("SIGKILL");
  process.once("exit", abandon);
  const ended = new Promise((done) => child.once("exit", done));
  const line = await new Promise((say, refuse) => {
    createInterface({ input: child.stdout }).once("line", say);
    child.once("exit", (code) => refuse(new Error(`the collector ended with ${code}`)));
  });
  return {
    url: JSON.parse(line).http, links, home,
    bring(name, lines) {
      writeFileSync(join(home, name), `${lines.join("\n")}\n`);
      return verb("import", "eve", join(home, name), "--sensor", "tram-thu-01");
    },
    async stop() {
      child.kill("SIGTERM");
      await ended;
      process.off("exit", abandon);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function visitor(browser, collector, path) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, colorScheme: "dark" });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults = watch(page, collector.url);
  await page.goto(collector.url + path);
  return { context, page, faults };
}

const title = (page, text) => page.locator(".row .t").getByText(text);

/// From the alerts to an open incident; its number.
async function openIncident(page, collector) {
  await page.waitForURL("**/inbox");
  await page.waitForSelector(".empty");
  await page.waitForSelector(".live.ok");
  await page.evaluate(() => (globalThis.hasStayed = true));
  collector.bring("one.json", Array.from({ length: 20 }, (_, n) => alert(1000001, "TEST probe of the portal", "203.0.113.77", 60 + n, `/upload/${n}.aspx`)));
  collector.bring("two.json", [alert(1000002, HOSTILE, "198.51.100.9", 30, "/\u202e<img src=x onerror=alert(1)>")]);
  await page.waitForSelector(".fresh");
  await page.keyboard.press(".");
  await title(page, "TEST probe of the portal").waitFor();
  assert.equal(await page.evaluate(() => globalThis.hasStayed), true, "the page was loaded again");
  await page.locator(".row", { hasText: "TEST probe" }).click();
  await page.keyboard.press("i");
  await page.locator("dialog button[type=submit]").click();
  const words = await page.locator(".toast.good").innerText();
  return /SC-\d{4}-\d{4}/.exec(words)[0];
}

async function workOn(page, number) {
  await page.goto(new URL(`/incidents/${number}`, page.url()).href);
  await page.waitForSelector(".tl li");
  await page.locator(".tag").getByText("nhật ký nguyên vẹn").waitFor();
  await page.keyboard.press("Shift+.");
  await page.locator("dialog input[value=acknowledged]").check();
  await page.locator("dialog button[type=submit]").click();
  await until("it is acknowledged", async () => (await page.locator(".steps .cur b").innerText()) === "Đã nhận");
  await page.fill("#note", "Đã gọi <b>phòng</b> hạ tầng");
  await page.locator("#note").press("Control+Enter");
  await page.locator(".tl .note").getByText("Đã gọi <b>phòng</b> hạ tầng").waitFor();
  const answer = await page.evaluate(async (path) => {
    const me = await (await fetch("/api/v1/me")).json();
    const file = await (await fetch(path)).json();
    const refused = await fetch(`${path}/state`, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": me.csrf }, body: JSON.stringify({ to: "closed", version: file.incident.version }) });
    return { status: refused.status, lacks: (await refused.json()).error.lacks.length };
  }, `/api/v1/incidents/${number}`);
  assert.equal(answer.status, 422);
  assert.ok(answer.lacks > 0);
}

async function takeReports(page) {
  const buttons = page.locator(".forms button");
  if ((await page.evaluate(async (path) => (await fetch(path)).status, `/api/v1${new URL(page.url()).pathname}/report?form=json`)) === 503) {
    process.stdout.write("skipped: this collector makes no reports; the console says so\n");
    await buttons.first().click();
    await page.locator(".toast.bad").getByText("không lập được báo cáo").waitFor();
    return;
  }
  for (const [index, begins] of ["%PDF-", "#", "{"].entries()) {
    const coming = page.waitForEvent("download");
    await buttons.nth(index).click();
    const text = readFileSync(await (await coming).path(), "utf8");
    assert.ok(text.trimStart().startsWith(begins), `${begins} is not how it begins: ${text.slice(0, 40)}`);
  }
}

function described(browser, folder, collectorOf) {
  test("collector: the small collector of the other tests answers as the API is described", async () => {
    const { url } = await collectorOf();
    const all = await (await fetch(`${url}/api/v1/openapi.json`)).json();
    const mock = await startMock(folder);
    try {
      const faults = [];
      for (const [path, name] of [["/me", "/me"], ["/status", "/status"], ["/duties", "/duties"], ["/groups?q=", "/groups"], ["/groups/100", "/groups/{id}"], ["/incidents", "/incidents"], ["/incidents/SC-2026-0147", "/incidents/{number}"],
        ["/people", "/people"], ["/users", "/users"], ["/sensors", "/sensors"], ["/sensors/pq-lan-01/ledger", "/sensors/{name}/ledger"], ["/alerts/1", "/alerts/{id}"]]) {
        const row = all.paths[`/api/v1${name}`] ?? all.paths[name];
        assert.ok(row?.get, `${name} is not described`);
        const value = await (await fetch(`${mock.url}/api/v1${path}`)).json();
        faults.push(...faultsOf(value, row.get.responses["200"].content["application/json"].schema, all.components.schemas, name));
      }
      assert.deepEqual(faults, []);
    } finally {
      await mock.stop();
    }
  });
}

export function collector(browser, folder, program) {
  let started;
  const collectorOf = () => (started ??= startCollector(program, folder));
  described(browser, folder, collectorOf);
  test("collector: from an alert to an incident with its report, and hostile strings stay text", async () => {
    const own = await startCollector(program, folder);
    const { context, page, faults } = await visitor(browser, own, own.links.thu);
    try {
      const number = await openIncident(page, own);
      const row = page.locator(".row", { hasText: "HỎNG" });
      assert.match(await row.innerText(), /<script>.*⟪U\+202E⟫/);
      assert.doesNotMatch(await page.title(), /HỎNG/);
      await row.click();
      await page.locator(".pane").getByText("<img src=x onerror=alert(1)>").first().waitFor();
      assert.equal(await page.locator("img, #app script").count(), 0);
      await workOn(page, number);
      await takeReports(page);
      await page.locator(".rail a[href='/sensors']").click();
      await page.locator(".fleet").getByText("tram-thu-01").waitFor();
      assert.deepEqual(faults, []);
    } finally {
      await context.close();
      await own.stop();
    }
  });
  test("collector: a link enters once, then the password that was set; a viewer may only look", async () => {
    const own = await collectorOf();
    const { context, page, faults } = await visitor(browser, own, own.links.thu);
    const other = await visitor(browser, own, own.links.xem);
    try {
      await page.waitForURL("**/inbox");
      await page.goto(`${own.url}/me`);
      await page.fill("input[name=new]", PASSWORD);
      await page.locator("form button[type=submit]").click();
      await page.locator(".toast.good").waitFor();
      await page.locator(".rail .link").click();
      await page.waitForSelector("input[name=password]");
      await page.goto(own.url + own.links.thu);
      await page.locator("[role=alert]").getByText("Liên kết này đã dùng").waitFor();
      await page.goto(`${own.url}/login`);
      await page.fill("input[name=user]", "thu");
      await page.fill("input[name=password]", PASSWORD);
      await page.keyboard.press("Enter");
      await page.waitForURL("**/inbox");
      await other.page.waitForURL("**/inbox");
      assert.equal(await other.page.evaluate(async () => (await fetch("/api/v1/users")).status), 403);
      assert.equal(await other.page.locator('a[href="/admin/users"]').count(), 0);
      assert.deepEqual([...faults, ...other.faults], []);
    } finally {
      await context.close();
      await other.context.close();
    }
  });
  return async () => started && (await started).stop();
}
