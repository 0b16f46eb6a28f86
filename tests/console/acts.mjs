// SPDX-License-Identifier: Apache-2.0
// What people do with the console, against the small collector.
import assert from "node:assert/strict";
import { watch } from "./browser.mjs";
import { test, until } from "./check.mjs";
import { startMock } from "./mock.mjs";

const NUMBER = "SC-2026-0147";

/// A page at `path` of a fresh small collector; what must never happen is asked for at the end.
async function visit(browser, folder, path, act, settings = {}) {
  const mock = await startMock(folder, { role: settings.role ?? "analyst" });
  mock.state.isIn = settings.isIn ?? true;
  const context = await browser.newContext({ viewport: { width: settings.width ?? 1280, height: 900 }, colorScheme: settings.scheme ?? "dark", locale: "vi-VN" });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const faults = watch(page, mock.url);
  try {
    await page.goto(mock.url + path);
    await act(page, mock);
    assert.deepEqual(faults, []);
  } finally {
    await context.close();
    await mock.stop();
  }
}

const count = (page, selector) => page.locator(selector).count();
const shown = (page, text) => page.getByText(text, { exact: false }).first().waitFor();

function entering(browser, folder) {
  test("log-in: a wrong password is refused, the right one opens the inbox", () => visit(browser, folder, "/", async (page) => {
    await page.fill("input[name=user]", "ha");
    await page.fill("input[name=password]", "sai rồi sai rồi");
    await page.keyboard.press("Enter");
    await page.locator("[role=alert]").getByText("Tên hoặc mật khẩu không đúng.").waitFor();
    await page.fill("input[name=password]", "một câu dễ nhớ");
    await page.keyboard.press("Enter");
    await page.waitForURL("**/inbox");
    await page.waitForSelector(".row");
  }, { isIn: false }));
  test("log-in: a one-time link enters and leaves the address", () => visit(browser, folder, "/welcome/abcdef", async (page, mock) => {
    await page.waitForURL("**/inbox");
    await page.waitForSelector(".row");
    assert.equal(mock.state.requests[0].path, "/api/v1/welcome");
    assert.ok(!page.url().includes("abcdef"));
  }, { isIn: false }));
  test("log-in: a session that ends leads back to the log-in, and out again", () => visit(browser, folder, "/inbox", async (page, mock) => {
    await page.waitForSelector(".row");
    mock.state.isIn = false;
    mock.tell("group", 1);
    await page.waitForSelector("input[name=password]");
  }));
  test("roles: a viewer sees everything and can act on nothing", () => visit(browser, folder, "/inbox", async (page) => {
    await page.waitForSelector(".pane .acts button");
    assert.equal(await count(page, ".pane .acts button:not([disabled])"), 0);
    await page.goto(new URL(`/incidents/${NUMBER}`, page.url()).href);
    await page.waitForSelector(".tl li");
    assert.equal(await count(page, ".compose, .title .btn.pri"), 0);
    assert.equal(await count(page, 'a[href="/admin/users"]'), 0);
  }, { role: "viewer" }));
  test("roles: an administrator has the users", () => visit(browser, folder, "/admin/users", async (page) => {
    await shown(page, "Phòng họp");
    assert.ok((await count(page, ".people li")) >= 4);
  }, { role: "admin" }));
}

function inbox(browser, folder) {
  test("inbox: lists the groups that wait, and the keys walk through them", () => visit(browser, folder, "/inbox", async (page) => {
    await page.waitForSelector(".row");
    assert.equal(await count(page, ".row"), 12);
    await page.keyboard.press("j");
    await until("the second row has the cursor", async () => (await page.locator(".row").nth(1).getAttribute("aria-selected")) === "true");
    await page.locator(".pane h2").getByText("Máy nội bộ gọi máy chủ điều khiển (C2)").waitFor();
    await page.keyboard.press("Enter");
    await page.waitForURL("**/groups/101");
    // The page listens to keys once it is drawn, a moment after its address shows.
    await until("Escape leads back", async () => {
      await page.keyboard.press("Escape");
      return new URL(page.url()).pathname === "/inbox";
    });
  }));
  test("inbox: a new group waits behind a counter, without a reload and without moving a row", () => visit(browser, folder, "/inbox", async (page, mock) => {
    await page.waitForSelector(".row");
    const first = await page.locator(".row .t").first().textContent();
    mock.state.groups.unshift({ ...mock.state.groups[0], id: 999, title_vi: "Nhóm vừa tới" });
    mock.tell("group", 999);
    await page.waitForSelector(".fresh");
    assert.equal(await page.locator(".row .t").first().textContent(), first);
    await page.keyboard.press(".");
    await page.locator(".row").getByText("Nhóm vừa tới").waitFor();
  }));
  test("inbox: not an incident, with a reason, leaves the list", () => visit(browser, folder, "/inbox", async (page, mock) => {
    await page.waitForSelector(".row");
    await page.keyboard.press("n");
    await page.selectOption("dialog select[name=reason]", "harmless");
    await page.locator("dialog button[type=submit]").click();
    await until("a row is gone", async () => (await count(page, ".row")) === 11);
    assert.equal(mock.state.groups[0].reason, "harmless");
    assert.equal(mock.state.groups[0].state, "dismissed");
  }));
  test("inbox: an incident is opened from a group", () => visit(browser, folder, "/inbox", async (page) => {
    await page.waitForSelector(".row");
    await page.keyboard.press("i");
    await page.locator("dialog button[type=submit]").click();
    await page.locator(".toast").getByText("SC-2026-0154").waitFor();
  }));
  test("inbox: a wrong query says what and where, and keeps the rows", () => visit(browser, folder, "/inbox", async (page) => {
    await page.waitForSelector(".row");
    await page.keyboard.press("/");
    await page.keyboard.type("srcip:10.0.0.1");
    await page.keyboard.press("Enter");
    await page.locator(".query-fault").getByText("Ý bạn là «src»?").waitFor();
    assert.equal(await page.locator("#query").getAttribute("aria-invalid"), "true");
    assert.equal(await count(page, ".row"), 12);
  }));
  test("inbox: empty says why, and that silence is not safety", () => visit(browser, folder, "/inbox?q=khong-co-gi-ca", async (page) => {
    await page.locator(".empty").getByText("3 cảm biến").first().waitFor();
    await page.locator(".empty .warn-box").waitFor();
  }));
  test("inbox: hostile strings stay text", () => visit(browser, folder, "/inbox", async (page) => {
    await page.waitForSelector(".row");
    const row = page.locator(".row").last();
    assert.match(await row.innerText(), /<img src=x onerror=/);
    assert.equal(await count(page, "img"), 0);
    assert.doesNotMatch(await page.title(), /HỎNG/);
    const text = await page.locator("body").innerText();
    assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u202a-\u202e\u2066-\u2069\u200b]/);
    assert.match(await row.innerText(), /⟪U\+202E⟫/);
    assert.match(await row.innerText(), /xn--/);
  }));
}

function incident(browser, folder) {
  const path = `/incidents/${NUMBER}`;
  test("incident: the clock of 72 hours counts down", () => visit(browser, folder, path, async (page) => {
    const read = async () => (await page.locator("[role=timer]").innerText()).slice(0, 8);
    await page.waitForSelector("[role=timer]");
    const first = await read();
    assert.match(first, /^21:(40|39):\d\d/);
    await until("a second less", async () => (await read()) < first);
  }));
  test("incident: a note appears in the timeline, and a draft outlives a reload", () => visit(browser, folder, path, async (page) => {
    await page.waitForSelector("#note");
    await page.fill("#note", "Đã gọi anh Bảo\n<script>alert(1)</script>");
    await page.reload();
    await page.waitForSelector("#note");
    assert.match(await page.inputValue("#note"), /anh Bảo/);
    await page.locator("#note").press("Control+Enter");
    await page.locator(".tl .note").getByText("<script>alert(1)</script>").waitFor();
    assert.equal(await page.inputValue("#note"), "");
  }));
  test("incident: the next state is set by the key >", () => visit(browser, folder, path, async (page, mock) => {
    await page.waitForSelector(".tl li");
    await page.keyboard.press("Shift+.");
    await page.locator("dialog input[value=recovering]").check();
    await page.locator("dialog button[type=submit]").click();
    await until("the step moved", async () => (await page.locator(".steps .cur b").innerText()) === "Khắc phục");
    assert.equal(mock.state.incidents[0].state, "recovering");
  }));
  test("incident: closing says all that is missing", () => visit(browser, folder, path, async (page, mock) => {
    await page.waitForSelector(".tl li");
    await page.keyboard.press("Shift+.");
    await page.locator("dialog input[value=closed]").check();
    await page.locator("dialog .failure").getByText("Chưa ghi thời điểm kết thúc ứng phó").waitFor();
    await page.fill("dialog textarea[name=cause]", "Lỗ hổng tải tệp");
    await page.locator("dialog button[type=submit]").click();
    await page.locator("dialog [role=alert]").getByText("HD-422").waitFor();
    assert.equal(mock.state.incidents[0].state, "contained");
  }));
  test("incident: assigned, and a delivery recorded", () => visit(browser, folder, path, async (page, mock) => {
    await page.waitForSelector(".tl li");
    await page.keyboard.press("a");
    await page.selectOption("dialog select[name=owner]", "bao");
    await page.locator("dialog button[type=submit]").click();
    await until("it was sent", () => mock.state.requests.some((one) => one.path.endsWith("/assign")));
    await until("the dialog is gone", async () => (await count(page, "dialog")) === 0);
    await page.keyboard.press("r");
    await page.fill("dialog input[name=proof]", "Công văn 12/2026");
    await page.locator("dialog button[type=submit]").click();
    await until("it was sent", () => mock.state.requests.some((one) => one.path.endsWith("/delivery")));
  }));
  test("incident: alerts with their fields, the record to edit, three forms of the report", () => visit(browser, folder, `${path}?tab=alerts`, async (page, mock) => {
    await page.locator(".evidence").getByText("/upload/logo.aspx").first().waitFor();
    await page.locator(".tabs a").nth(2).click();
    await page.fill("input[name=title]", "Tên mới");
    await page.locator("form button[type=submit]").click();
    await until("the record is saved", () => mock.state.incidents[0].title === "Tên mới");
    for (const [index, suffix] of ["pdf", "md"].entries()) {
      const coming = page.waitForEvent("download");
      await page.locator(".forms button").nth(index).click();
      assert.equal((await coming).suggestedFilename(), `${NUMBER}.${suffix}`);
    }
    await page.locator(".forms button").nth(2).click();
    await page.locator(".toast.bad").getByText("Bộ thu này không lập được báo cáo.").waitFor();
  }));
  test("incident: one that is not there is said in words", () => visit(browser, folder, "/incidents/SC-2026-9999", async (page) => {
    await page.locator("[role=alert]").getByText("Không có sự cố SC-2026-9999.").waitFor();
  }));
}

function views(browser, folder) {
  test("view: language and theme are switched and kept", () => visit(browser, folder, "/inbox", async (page) => {
    await page.waitForSelector(".row");
    await page.locator(".rail .switches button").first().click();
    await page.locator("h1").getByText("Inbox").waitFor();
    await page.keyboard.press("d");
    await page.reload();
    await page.locator("h1").getByText("Inbox").waitFor();
    assert.deepEqual(await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]), ["en", "ngay"]);
  }));
  test("view: the theme follows the system until one is chosen", () => visit(browser, folder, "/inbox", async (page) => {
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    await page.waitForSelector(".row");
    assert.equal(await theme(), "ngay");
    await page.emulateMedia({ colorScheme: "dark" });
    await until("it follows", async () => (await theme()) === "dem");
    await page.keyboard.press("d");
    await page.emulateMedia({ colorScheme: "light" });
    await page.emulateMedia({ colorScheme: "dark" });
    assert.equal(await theme(), "ngay");
  }, { scheme: "light" }));
  test("view: T shows UTC, and the zone is always written", () => visit(browser, folder, "/inbox", async (page) => {
    await page.waitForSelector(".row");
    assert.match(await page.locator(".top .time").innerText(), /^03:14:\d\d\s*GMT\+7/);
    await page.keyboard.press("t");
    assert.match(await page.locator(".top .time").innerText(), /^20:14:\d\d\s*UTC/);
  }));
  test("view: the keyboard reaches everything, and the focus is seen", () => visit(browser, folder, "/inbox", async (page) => {
    await page.waitForSelector(".row");
    const seen = new Set();
    for (let i = 0; i < 24; i += 1) {
      await page.keyboard.press("Tab");
      const at = await page.evaluate(() => {
        const one = document.activeElement, style = getComputedStyle(one);
        return { what: one.id || one.className || one.tagName, width: parseFloat(style.outlineWidth), kind: style.outlineStyle };
      });
      assert.ok(at.what === "BODY" || at.kind !== "none" && at.width >= 2 || at.what === "query", `no focus seen on ${at.what}`);
      seen.add(at.what);
    }
    for (const wanted of ["skip", "query"]) assert.ok([...seen].some((one) => one.includes(wanted)), wanted);
    assert.ok([...seen].some((one) => one.startsWith("row-")));
  }));
  test("live: the stream goes on where it stopped, and says when it is cut", () => visit(browser, folder, "/inbox", async (page, mock) => {
    await page.waitForSelector(".live.ok");
    mock.tell("group", 1);
    await until("a change came", () => mock.state.requests.filter((one) => one.path === "/api/v1/groups").length >= 2);
    const last = mock.state.change;
    mock.cut();
    await page.waitForSelector(".live.warn, .live.bad");
    mock.state.groups.unshift({ ...mock.state.groups[0], id: 998, title_vi: "Tới khi mất liên lạc" });
    mock.mend();
    await page.waitForSelector(".live.ok");
    assert.equal(mock.state.resumedFrom, String(last));
    await page.waitForSelector(".fresh");
  }));
  test("sensors: the fleet with the worst first, and a ledger that sums", () => visit(browser, folder, "/sensors/pq-lan-01", async (page) => {
    await page.waitForSelector(".sumt");
    assert.match(await page.locator(".fleet tbody tr").first().innerText(), /ct-lien-01/);
    const figures = await page.locator(".sumt").first().locator("td.num:nth-child(2)").allInnerTexts();
    const [all, ...parts] = figures.map((text) => Number(text.replace(/\D/g, "")));
    assert.equal(parts.reduce((a, b) => a + b, 0), all);
    await page.locator("tr.on").getByText("Mất gói").waitFor();
  }));
}

export function acts(browser, folder) {
  entering(browser, folder);
  inbox(browser, folder);
  incident(browser, folder);
  views(browser, folder);
}
