// SPDX-License-Identifier: Apache-2.0
// A small collector for the browser tests: the built console, the fixtures, and just enough of the acts. The shapes are those of
// openapi.json; a test checks every answer against it.
import { existsSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import * as data from "./fixtures.mjs";

const MEDIA = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const clone = (value) => JSON.parse(JSON.stringify(value));

export function startMock(folder, { role = "analyst" } = {}) {
  const state = { groups: clone(data.groups), incidents: clone(data.incidents), timeline: clone(data.timeline), streams: new Set(), change: 100, isIn: true, isDown: false, started: Date.now(), requests: [], resumedFrom: "", role };
  const now = () => new Date(data.asOf + Date.now() - state.started).toISOString();
  const refuse = (status, code, vi, en, more = {}) => ({ status, body: { error: { code, vi, en, ...more } } });
  const ok = (body) => ({ status: 200, body: { as_of: now(), ...body } });
  const me = () => ok({ user: "ha", full_name: "Nguyễn Thu Hà", role: state.role, csrf: "mock-csrf", has_password: true, version: "0.1.0" });
  const tell = (topic, reference) => {
    state.change += 1;
    for (const stream of state.streams) stream.write(`id: ${state.change}\nevent: change\ndata: ${JSON.stringify({ topic, reference })}\n\n`);
  };
  const find = (id) => state.groups.find((one) => String(one.id) === id);
  const detail = (group) => ok({ group, samples: [0, 1, 2, 3].map((index) => data.alert(group.id, index)), ...(group.incident === "" && group.victim === "10.20.4.15" ? { related: { number: "SC-2026-0147", title: data.incidents[0].title, opened: data.incidents[0].opened } } : {}) });
  const settle = (group, changes) => {
    Object.assign(group, changes, { version: group.version + 1, decided_by: "Nguyễn Thu Hà", decided_at: now() });
    tell("group", group.id);
  };
  const matches = (group, query) => query.split(" ").filter(Boolean).every((term) => {
    const [field, value = ""] = term.split(":");
    if (field === "state") return value.split(",").includes(group.state);
    if (field === "owner") return group.owner === "ha";
    if (field === "sev") return value.split(",").includes(String(group.severity));
    return JSON.stringify(group).toLowerCase().includes(term.toLowerCase());
  });
  const file = (incident) => {
    const isOurs = incident.number === "SC-2026-0147";
    const next = { contained: "recovering", open: "acknowledged", acknowledged: "confirmed", confirmed: "contained", recovering: "closed" }[incident.state];
    const lacks = next === "closed" || incident.state === "contained" ? [{ field: "response_ended", vi: "Chưa ghi thời điểm kết thúc ứng phó", en: "the end of the response is missing" }, { field: "cause", vi: "Chưa ghi nguyên nhân", en: "the cause is missing" }] : [];
    const moves = [{ to: next, lacks: next === "closed" ? lacks : [] }, ...(incident.state === "contained" ? [{ to: "closed", lacks }] : [])];
    return ok({ incident, duties: isOurs ? [incident.next ?? data.incidents[0].next, data.finalDuty] : [incident.next], timeline: isOurs ? state.timeline : state.timeline.slice(0, 1), chain: { is_intact: true, entries: isOurs ? state.timeline.length : 1, broken_at: 0 },
      groups: state.groups.filter((one) => one.incident === incident.number), moves, observables: data.observables, kinds: data.kinds });
  };

  const gets = [
    [/^\/me$/, me],
    [/^\/status$/, () => ok({ version: "0.1.0", up_seconds: 90, alerts: 908491, undecided: state.groups.filter((one) => one.state === "undecided").length, undecided_by_severity: [1, 2, 3, 4].map((s) => state.groups.filter((one) => one.state === "undecided" && one.severity === s).length), incidents_open: state.incidents.length, sensors: data.sensors.length, sensors_attention: 3, last_change: state.change })],
    [/^\/duties$/, () => ok({ duties: state.incidents.filter((one) => one.next).map((one) => ({ incident: one.number, title: one.title, severity: one.severity, duty: one.next })).sort((a, b) => (a.duty.due < b.duty.due ? -1 : 1)) })],
    [/^\/groups$/, (_, url) => {
      const query = url.searchParams.get("q") ?? "";
      if (query.includes("srcip:")) return refuse(400, "HD-Q02", "Không có trường «srcip». Ý bạn là «src»?", "There is no field \"srcip\". Did you mean \"src\"?", { field: "q@0" });
      return ok({ groups: state.groups.filter((one) => matches(one, query)), is_partial: false, took_ms: 4 });
    }],
    [/^\/groups\/(\d+)$/, ([id]) => (find(id) ? detail(find(id)) : refuse(404, "HD-404", "Không có nhóm cảnh báo này.", "There is no such alert group."))],
    [/^\/alerts\/(\d+)$/, () => ok({ alert: data.alert(100, 0) })],
    [/^\/incidents$/, () => ok({ incidents: state.incidents, is_partial: false })],
    [/^\/incidents\/([^/]+)$/, ([number]) => {
      const found = state.incidents.find((one) => one.number === number);
      return found ? file(found) : refuse(404, "HD-404", `Không có sự cố ${number}.`, `No incident ${number}.`);
    }],
    [/^\/incidents\/([^/]+)\/report$/, (_, url) => (url.searchParams.get("form") === "json" ? refuse(503, "HD-R02", "Bộ thu này không lập được báo cáo.", "This collector was built without reports.") : ok({}))],
    [/^\/people$/, () => ok({ people: data.people })],
    [/^\/users$/, () => ok({ users: data.users })],
    [/^\/sensors$/, () => ok({ sensors: data.sensors })],
    [/^\/sensors\/([^/]+)\/ledger$/, () => ok(data.ledger)],
  ];
  const posts = [
    [/^\/session$/, (_, body) => {
      if (body.password !== "một câu dễ nhớ") return refuse(401, "HD-401", "Tên hoặc mật khẩu không đúng.", "The name or the password is wrong.");
      state.isIn = true;
      return me();
    }],
    [/^\/welcome$/, () => { state.isIn = true; return me(); }],
    [/^\/groups\/(\d+)\/incident$/, ([id]) => {
      const incident = { ...clone(data.incidents[3]), number: "SC-2026-0154", title: find(id).title_vi, version: 1 };
      settle(find(id), { state: "incident", incident: incident.number });
      state.incidents.push(incident);
      return ok({ incident });
    }],
    [/^\/groups\/(\d+)\/join$/, ([id], body) => { settle(find(id), { state: "incident", incident: body.incident }); return detail(find(id)); }],
    [/^\/groups\/(\d+)\/dismiss$/, ([id], body) => { settle(find(id), { state: "dismissed", reason: body.note ? `${body.reason}: ${body.note}` : body.reason }); return detail(find(id)); }],
    [/^\/groups\/(\d+)\/take$/, ([id]) => { Object.assign(find(id), { owner: "ha", owner_name: "Nguyễn Thu Hà", version: find(id).version + 1 }); tell("group", Number(id)); return detail(find(id)); }],
    [/^\/incidents\/([^/]+)\/entries$/, (_, body) => {
      state.timeline.push({ sequence: state.timeline.length + 1, at: now(), kind: "comment", author: "ha", author_name: "Nguyễn Thu Hà", body: body.text, hash: "ab".repeat(32) });
      tell("incident", 1);
      return ok({});
    }],
    [/^\/incidents\/([^/]+)\/state$/, ([number], body) => {
      const incident = state.incidents.find((one) => one.number === number);
      if (body.to === "closed") return refuse(422, "HD-422", "Chưa chuyển trạng thái được: Chưa ghi thời điểm kết thúc ứng phó.", "Cannot change the state yet: the end of the response is missing.", { lacks: [{ field: "response_ended", vi: "Chưa ghi thời điểm kết thúc ứng phó", en: "the end of the response is missing" }] });
      Object.assign(incident, { state: body.to, state_since: now(), version: incident.version + 1 });
      state.timeline.push({ sequence: state.timeline.length + 1, at: now(), kind: "state", author: "ha", author_name: "Nguyễn Thu Hà", body: JSON.stringify({ from: "contained", to: body.to, ...(body.note ? { note: body.note } : {}) }), hash: "cd".repeat(32) });
      tell("incident", 1);
      return ok({ incident });
    }],
    [/^\/incidents\/([^/]+)\/(assign|delivery|response-ended)$/, ([number]) => ok({ incident: state.incidents.find((one) => one.number === number) })],
  ];

  function api(request, url, body) {
    const path = url.pathname.slice("/api/v1".length);
    if (!state.isIn && !["/session", "/welcome"].includes(path)) return refuse(401, "HD-401", "Phiên đã hết hạn. Bản nháp còn nguyên. Đăng nhập lại để tiếp tục.", "Your session ended. The draft is kept. Log in to continue.");
    if (request.method === "DELETE" && path === "/session") { state.isIn = false; return ok({}); }
    if (request.method !== "GET" && !["/session", "/welcome"].includes(path) && request.headers["x-csrf-token"] !== "mock-csrf") return refuse(403, "HD-403", "Thiếu mã chống giả mạo.", "The token is missing.");
    if (request.method === "PATCH") {
      const incident = state.incidents.find((one) => path.endsWith(one.number));
      const { version: _, ...fields } = body;
      Object.assign(incident, fields, { version: incident.version + 1 });
      return ok({ incident });
    }
    for (const [pattern, act] of request.method === "GET" ? gets : posts) {
      const found = path.match(pattern);
      if (found) return act(found.slice(1).map(decodeURIComponent), request.method === "GET" ? url : body);
    }
    return refuse(404, "HD-404", "Không có địa chỉ này trong API.", "There is no such address in the API.");
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://127.0.0.1");
    response.setHeader("X-Content-Type-Options", "nosniff");
    if (state.isDown) return void request.socket.destroy();
    if (url.pathname === "/api/v1/stream") {
      if (!state.isIn) return void response.writeHead(401).end();
      response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
      response.write(`retry: 200\nid: ${state.change}\nevent: hello\ndata: {}\n\n`);
      state.resumedFrom = request.headers["last-event-id"] ?? "";
      state.streams.add(response);
      request.on("close", () => state.streams.delete(response));
      return;
    }
    if (url.pathname.startsWith("/api/")) {
      let text = "";
      request.on("data", (piece) => (text += piece));
      request.on("end", () => {
        const answer = api(request, url, text ? JSON.parse(text) : {});
        state.requests.push({ method: request.method, path: url.pathname, status: answer.status, body: answer.body });
        response.writeHead(answer.status, { "Content-Type": "application/json", "Cache-Control": "no-store" }).end(JSON.stringify(answer.body));
      });
      return;
    }
    const name = normalize(url.pathname);
    const path = name.startsWith("/assets/") && existsSync(join(folder, name)) ? join(folder, name) : join(folder, "index.html");
    response.writeHead(200, { "Content-Type": MEDIA[extname(path)] ?? "application/octet-stream", "Content-Security-Policy": POLICY }).end(readFileSync(path));
  });
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve({
      url: `http://127.0.0.1:${server.address().port}`, state, tell,
      cut() { state.isDown = true; for (const stream of state.streams) stream.destroy(); },
      mend() { state.isDown = false; },
      stop: () => new Promise((done) => { for (const stream of state.streams) stream.destroy(); server.closeAllConnections(); server.close(done); }),
    }));
  });
}
