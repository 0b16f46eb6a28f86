// SPDX-License-Identifier: Apache-2.0
// A night in a watch room: invented data, addresses of the documentation ranges. Times are given as ages before `asOf`.
export const asOf = Date.parse("2026-09-01T20:14:00Z"); // 03:14:00 on 2 September in Vietnam
const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE;
export const before = (ms) => new Date(asOf - ms).toISOString();
export const after = (ms) => new Date(asOf + ms).toISOString();

const flat = (n) => Array.from({ length: 24 }, (_, i) => n + ((i * 7919) % 3));
const rising = (n) => Array.from({ length: 24 }, (_, i) => Math.round((n * (i + 2)) / 25));
const burst = (n) => Array.from({ length: 24 }, (_, i) => (i > 20 ? Math.round((n * (i - 20)) / 3) : 0));
const beacon = (n) => Array.from({ length: 24 }, (_, i) => (i % 4 === 0 ? n : 1));
const hill = (n) => Array.from({ length: 24 }, (_, i) => Math.max(0, Math.round(n * (1 - ((i - 12) / 7) ** 2))));

let nextId = 100;
function group(over) {
  const id = nextId++;
  return {
    id, gid: 1, sid: 9000000 + id, signature: "HD rule", title_vi: "", title_en: "", category: "Web Application Attack", technique: "", kind: "intrusion", severity: 3,
    attacker: "203.0.113.77", victim: "10.20.4.15", sensor: "rg-bien-01", system: "", system_level: 0, first: before(HOUR), last: before(MINUTE), arrived: before(HOUR), count: 1,
    state: "undecided", decided_by: "", reason: "", owner: "", owner_name: "", incident: "", version: 1, sources: 1, targets: 1, is_partial: false, hours: flat(1), ...over,
  };
}

export const groups = [
  group({ sid: 9000412, severity: 1, title_vi: "Web shell: lệnh chạy qua cổng dịch vụ công", title_en: "Web shell: command run through the public service portal", signature: "HD WEBSHELL ASPX command in cmd parameter",
    technique: "T1505.003", system: "Cổng dịch vụ công", system_level: 3, count: 38, first: before(12 * MINUTE + 12000), last: before(40 * SECOND), arrived: before(12 * MINUTE), hours: burst(30) }),
  group({ sid: 9000501, severity: 1, title_vi: "Máy nội bộ gọi máy chủ điều khiển (C2)", title_en: "Internal host calls a control server (C2)", signature: "HD C2 JA4 of a known implant", technique: "T1071", attacker: "192.0.2.45", victim: "10.31.7.140",
    sensor: "rg-bien-02", count: 216, last: before(MINUTE), arrived: before(9 * MINUTE), hours: beacon(12), kind: "malware" }),
  group({ sid: 9000610, severity: 1, title_vi: "Tên miền phải chặn vẫn có người truy cập", title_en: "A domain under order is still visited", signature: "HD ORDER domain in DNS, HTTP host or SNI", attacker: "*", victim: "tin-gia.example",
    sensor: "pq-lan-01", count: 1973, sources: 200, is_partial: true, last: before(12 * SECOND), arrived: before(6 * MINUTE), hours: rising(160), kind: "content" }),
  group({ sid: 9000220, severity: 2, title_vi: "Dò mật khẩu SSH hàng loạt", title_en: "SSH password guessing from many sources", signature: "HD BRUTE SSH many log-ins", technique: "T1110", attacker: "*", victim: "10.20.9.4",
    count: 12408, sources: 17, last: before(3 * SECOND), arrived: before(41 * MINUTE), hours: rising(1200), kind: "probe", owner: "bao", owner_name: "Quốc Bảo" }),
  group({ sid: 9000330, severity: 2, title_vi: "Đường hầm dữ liệu qua DNS", title_en: "Data tunnel over DNS", signature: "HD DNS long labels, high entropy", technique: "T1048", attacker: "10.31.7.92", victim: "a9.dl-sync.example",
    sensor: "rg-bien-02", count: 4077, last: before(8 * SECOND), arrived: before(26 * MINUTE), hours: flat(160), kind: "theft" }),
  group({ sid: 9000340, severity: 2, title_vi: "Khuếch đại NTP, nghi tấn công từ chối dịch vụ", title_en: "NTP amplification, suspected denial of service", signature: "HD DOS NTP monlist answers", technique: "T1498", attacker: "*", victim: "198.51.100.20",
    sensor: "ht-gtp-01", count: 880312, sources: 200, is_partial: true, last: before(SECOND), arrived: before(4 * MINUTE), hours: burst(90000), kind: "dos" }),
  group({ sid: 9000710, severity: 3, title_vi: "Đăng nhập Telnet vào modem thuê bao", title_en: "Telnet log-in to subscribers' modems", signature: "HD IOT telnet default account", attacker: "203.0.113.9", victim: "*", sensor: "ht-gtp-01", count: 2311, targets: 96,
    last: before(2 * MINUTE), arrived: before(63 * MINUTE), hours: hill(200), kind: "probe" }),
  group({ sid: 9000720, severity: 3, title_vi: "Quét số máy lẻ SIP bằng REGISTER", title_en: "SIP extension scan with REGISTER", signature: "HD SIP REGISTER scan", attacker: "198.51.100.61", victim: "10.20.5.2", sensor: "pq-lan-01", count: 6190, last: before(5 * SECOND),
    arrived: before(70 * MINUTE), hours: flat(250), kind: "probe" }),
  group({ sid: 9000730, severity: 3, title_vi: "Tải tệp thực thi qua HTTP không mã hóa", title_en: "Executable downloaded over plain HTTP", signature: "HD FILE EXE over HTTP", attacker: "cdn.tai-ve.example", victim: "10.31.4.18", sensor: "rg-bien-02", count: 3,
    last: before(18 * MINUTE), arrived: before(18 * MINUTE), hours: burst(3), kind: "malware" }),
  group({ sid: 9000740, severity: 3, title_vi: "Chứng chỉ TLS tự ký trên máy chủ thư", title_en: "Self-signed certificate on a mail server", signature: "HD TLS self-signed certificate", attacker: "*", victim: "10.20.4.31", system: "Thư điện tử", system_level: 2, count: 742, sources: 58,
    last: before(4 * MINUTE), arrived: before(125 * MINUTE), hours: flat(30), kind: "other" }),
  group({ sid: 9000750, severity: 4, title_vi: "Máy trạm dùng TLS 1.0", title_en: "Workstations use TLS 1.0", signature: "HD TLS version 1.0", attacker: "*", victim: "*", sensor: "pq-lan-01", count: 1120, sources: 34, targets: 12, last: before(11 * MINUTE), arrived: before(190 * MINUTE), hours: hill(90), kind: "other" }),
  // Hostile on purpose: markup, a turned-round name, zero width, an escape.
  group({ sid: 9000999, severity: 4, title_vi: "<img src=x onerror=\"document.title='HỎNG'\">\u202egpj.exe\u200b\u0007", title_en: "<img src=x onerror=\"document.title='BROKEN'\">\u202egpj.exe\u200b\u0007", signature: "HD TEST hostile text",
    attacker: "pаypal.example", victim: "10.31.4.19", count: 1, arrived: before(30 * MINUTE), last: before(30 * MINUTE), hours: flat(0), kind: "other" }),
  group({ sid: 9000800, severity: 3, state: "dismissed", decided_by: "Quốc Bảo", reason: "authorised: quét định kỳ của phòng an toàn", decided_at: before(3 * HOUR), title_vi: "Dò cổng TCP", title_en: "TCP port scan", signature: "HD SCAN nmap SYN", attacker: "10.20.1.7", victim: "*", count: 900, targets: 64, arrived: before(5 * HOUR), last: before(4 * HOUR), hours: hill(60), kind: "probe" }),
  group({ sid: 9000411, severity: 1, state: "incident", incident: "SC-2026-0147", decided_by: "policy:effect", decided_at: before(50 * HOUR), title_vi: "Tải web shell lên cổng dịch vụ công", title_en: "Web shell uploaded to the public service portal", signature: "HD WEBSHELL ASPX upload",
    technique: "T1505.003", system: "Cổng dịch vụ công", system_level: 3, count: 41, first: before(50.33 * HOUR), last: before(49 * HOUR), arrived: before(50.33 * HOUR), hours: flat(0) }),
];

export const eve = {
  timestamp: "2026-09-02T03:13:20.418112+0700", flow_id: 1801439850948198, event_type: "alert", vlan: [120], src_ip: "203.0.113.77", src_port: 50122, dest_ip: "10.20.4.15", dest_port: 80, proto: "TCP",
  community_id: "1:gO6mJ2kTgWfFyqg3mQmLk3d0V0w=", app_proto: "http", direction: "to_server",
  alert: { action: "allowed", gid: 1, signature_id: 9000412, rev: 3, signature: "HD WEBSHELL ASPX command in cmd parameter", category: "Web Application Attack", severity: 1 },
  http: { hostname: "dvc.rach-gia.example", url: "/upload/logo.aspx", http_method: "POST", protocol: "HTTP/1.1", http_user_agent: "Mozilla/5.0", status: 200, length: 27 },
  payload: Buffer.from("POST /upload/logo.aspx HTTP/1.1\r\nHost: dvc.rach-gia.example\r\nContent-Length: 22\r\n\r\nk=8f2&cmd=whoami%20/all").toString("base64"),
  payload_printable: "POST /upload/logo.aspx HTTP/1.1\r\nHost: dvc.rach-gia.example\r\nContent-Length: 22\r\n\r\nk=8f2&cmd=whoami%20/all", flow: { pkts_toserver: 6, pkts_toclient: 5, bytes_toserver: 1204, bytes_toclient: 3998 },
};
export const alert = (group, index) => ({ id: group * 100 + index, group, number: 812000 + index, sid: 9000412, severity: 1, packet_time: before(40 * SECOND + index * 17_420 - 418), basis: before(40 * SECOND + index * 17_420 - 418), arrived: before(39 * SECOND + index * 17_420), is_corrected: index !== 2, eve });

const duty = (id, over) => ({ pack: "vn-kg-1556", pack_version: "1.0.0", id, title_vi: "Báo cáo ban đầu", title_en: "Initial report", form: "vn-tt20-03", state: "running", start: null, due: null, satisfied_at: null, warnings: [], is_provisional: false, ...over });
function running(startAge) {
  const start = asOf - startAge, due = start + 72 * HOUR;
  return duty("initial", { state: due < asOf ? "late" : "running", start: new Date(start).toISOString(), due: new Date(due).toISOString(), warnings: [24, 48, 66, 71].map((h) => new Date(start + h * HOUR).toISOString()) });
}
const LEFT_0147 = 21 * HOUR + 40 * MINUTE + 12 * SECOND;

function incident(over, startAge) {
  return {
    number: "SC-2026-0001", title: "", summary: "", kind: "intrusion", kind_vi: "Truy cập trái phép, chiếm quyền điều khiển", kind_en: "Unauthorised access, loss of control", severity: 2, state: "open", state_since: before(startAge), opened: before(startAge), t0: before(startAge),
    t0_basis: "packet_corrected", owner: "", owner_name: "", opened_by: "policy:effect", is_provisional: true, system: "", system_level: 0, attacker: "203.0.113.77", victim: "10.20.4.15", cause: "", measures: "", lessons: "",
    contained_at: null, response_ended: null, reported_at: null, report_proof: "", alerts: 1, groups: 1, version: 1, next: running(startAge), ...over,
  };
}
export const incidents = [
  incident({ number: "SC-2026-0147", title: "Cổng dịch vụ công bị cài web shell, máy dvc-web-01", severity: 1, state: "contained", state_since: before(49.06 * HOUR), owner: "ha", owner_name: "Nguyễn Thu Hà", is_provisional: false, system: "Cổng dịch vụ công", system_level: 3,
    measures: "Chặn 203.0.113.77 ở biên, rút máy khỏi cân bằng tải.", contained_at: before(49.06 * HOUR), alerts: 79, groups: 1, version: 9 }, 72 * HOUR - LEFT_0147),
  incident({ number: "SC-2026-0151", title: "Máy kế toán nhiễm mã độc tống tiền", severity: 1, state: "confirmed", owner: "bao", owner_name: "Quốc Bảo", is_provisional: false, kind: "ransom", kind_vi: "Mã hóa phần mềm, dữ liệu, thiết bị", kind_en: "Ransomware", victim: "10.31.2.8", alerts: 12 }, 66 * HOUR + 48 * MINUTE),
  incident({ number: "SC-2026-0144", title: "Mất liên lạc tuyến An Minh", severity: 2, state: "recovering", owner: "khang", owner_name: "Minh Khang", is_provisional: false, kind: "outage", kind_vi: "Lỗi hệ thống, thiết bị, hạ tầng", kind_en: "Failure of systems or infrastructure", victim: "am-rung-03", attacker: "", alerts: 0, groups: 0 }, 72 * HOUR + 18 * MINUTE),
  incident({ number: "SC-2026-0149", title: "Quét và thử xâm nhập cổng thông tin xã", severity: 3, kind: "probe", kind_vi: "Dò quét, thử xâm nhập", kind_en: "Scanning, intrusion attempt", system: "Cổng thông tin xã", system_level: 2, alerts: 310 }, 21 * HOUR),
  incident({ number: "SC-2026-0152", title: "Khuếch đại DNS nhắm vào máy chủ tên miền", severity: 2, kind: "dos", kind_vi: "Tấn công từ chối dịch vụ", kind_en: "Denial of service", alerts: 90412 }, 9 * HOUR),
  incident({ number: "SC-2026-0153", title: "Dò mật khẩu RDP vào máy chủ tệp", severity: 3, kind: "probe", kind_vi: "Dò quét, thử xâm nhập", kind_en: "Scanning, intrusion attempt", alerts: 2044 }, 3 * HOUR),
];

const hash = (n) => n.toString(16).padStart(2, "0").repeat(32);
const entry = (sequence, age, kind, author, author_name, body) => ({ sequence, at: before(age), kind, author, author_name, body, hash: hash(sequence) });
export const timeline = [
  entry(1, 50.33 * HOUR, "opened", "system", "system", JSON.stringify({ policy: "effect", group: groups[13].id, sid: 9000411, attacker: "203.0.113.77", victim: "10.20.4.15" })),
  entry(2, 50.28 * HOUR, "state", "khang", "Minh Khang", JSON.stringify({ from: "open", to: "acknowledged" })),
  entry(3, 50.27 * HOUR, "assigned", "khang", "Minh Khang", "ha"),
  entry(4, 49.72 * HOUR, "state", "ha", "Nguyễn Thu Hà", JSON.stringify({ from: "acknowledged", to: "confirmed", note: "Tệp logo.aspx không thuộc bản phát hành." })),
  entry(5, 49.06 * HOUR, "state", "ha", "Nguyễn Thu Hà", JSON.stringify({ from: "confirmed", to: "contained", measures: "Chặn 203.0.113.77 ở biên, rút máy khỏi cân bằng tải." })),
  entry(6, 16 * MINUTE, "comment", "ha", "Nguyễn Thu Hà", "Đã gọi phòng hạ tầng. Anh Bảo sẽ rút dvc-web-01 khỏi cân bằng tải lúc 03:20, giữ nguyên máy để lấy ảnh đĩa."),
  entry(7, 1 * MINUTE, "group_joined", "system", "system", JSON.stringify({ group: groups[13].id, sid: 9000412, signature: "HD WEBSHELL ASPX command in cmd parameter", count: 38 })),
];
export const kinds = [{ id: "intrusion", vi: "Truy cập trái phép, chiếm quyền điều khiển", en: "Unauthorised access, loss of control" }, { id: "malware", vi: "Tấn công sử dụng mã độc", en: "Malicious code" }, { id: "other", vi: "Các hình thức tấn công khác", en: "Other" }];
export const observables = [{ type: "ip", value: "203.0.113.77", count: 41 }, { type: "url", value: "/upload/logo.aspx", count: 41 }, { type: "ja4", value: "t13d1516h2_8daaf6152771_e5627efa2ab1", count: 38 }, { type: "domain", value: "cdn-logo.example", count: 2 }];
export const finalDuty = duty("final", { pack: "vn-tt20-2017", state: "pending", title_vi: "Báo cáo kết thúc ứng phó", title_en: "Final report", form: "vn-tt20-04" });

export const people = [{ name: "ha", full_name: "Nguyễn Thu Hà", role: "analyst" }, { name: "bao", full_name: "Quốc Bảo", role: "analyst" }, { name: "khang", full_name: "Minh Khang", role: "admin" }];
export const users = [...people.map((one) => ({ ...one, is_disabled: false, has_password: true, created: before(90 * 24 * HOUR) })), { name: "xem", full_name: "Phòng họp", role: "viewer", is_disabled: false, has_password: false, created: before(HOUR) }];

function sensor(name, site, word, health, over = {}) {
  const total = health ? health.inspected + health.shunted + health.filtered + health.lost_card + health.lost_ring + health.lost_sensor : 0;
  return {
    name, site, state: "active", word, key: "3f2a 9c01 77de 10b4 c2e8 41f0 98aa 5d13", software: "haidang-sensor 0.1.0", created: before(60 * 24 * HOUR), last_seen: before(word === "silent" ? 23 * MINUTE : 2 * SECOND), stored: 1284092, shed: 0, pending: 0,
    health: health ? { packets: total, bytes: total * 780, sums: true, one_way_ratio: 0.02, missed_bytes_ratio: 0, bits_per_second: 6.4e9, packets_per_second: 1.0e6, up_seconds: 86400, ...health,
      status: { schema: "haidang.status/1", word: "NORMAL", reasons: health.reasons ?? [], rules: { loaded: 41876, refused: 3, suppressed: 0, load_seconds: 1.8 }, collector: { up: true, down_seconds: 0, rtt_seconds: 0.038, unacknowledged: 0 } } } : null, ...over,
  };
}
const fates = (inspected, shunted, card = 0, ring = 0) => ({ inspected, shunted, filtered: 0, lost_card: card, lost_ring: ring, lost_sensor: 0 });
export const sensors = [
  sensor("ct-lien-01", "Cần Thơ, liên mạng", "one_way", { ...fates(9e9, 1e9), one_way_ratio: 0.48, bits_per_second: 1.13e9, packets_per_second: 202e3 }),
  sensor("am-rung-03", "An Minh, trạm rừng", "silent", fates(2e9, 1e8), { pending: 14 }),
  sensor("pq-lan-01", "Phú Quốc, LAN", "loss", { ...fates(53532164409, 24277625771, 674220, 2438714), one_way_ratio: 0.031, missed_bytes_ratio: 0.0031, bits_per_second: 8.71e9, packets_per_second: 1396e3 }),
  sensor("ht-gtp-01", "Hà Tiên, GTP", "normal", { ...fates(4e10, 3e10), bits_per_second: 9.02e9, packets_per_second: 1211e3, one_way_ratio: 0.024 }),
  sensor("rg-bien-01", "Rạch Giá, biên", "normal", { ...fates(4e10, 2e10), bits_per_second: 6.42e9, packets_per_second: 1018e3 }),
  sensor("rg-bien-02", "Rạch Giá, biên", "normal", { ...fates(3e10, 2e10), bits_per_second: 5.97e9, packets_per_second: 942e3, one_way_ratio: 0.018 }),
  sensor("cm-bien-01", "Cà Mau, biên", "normal", { ...fates(2e10, 1e10), bits_per_second: 3.1e9, packets_per_second: 511e3, one_way_ratio: 0.022 }),
  sensor("bl-lan-02", "Bạc Liêu, LAN", "normal", { ...fates(9e9, 1e9), bits_per_second: 0.88e9, packets_per_second: 163e3, one_way_ratio: 0.04 }),
];
for (const one of sensors) if (one.health) delete one.health.reasons;
export const ledger = { generated: 1284106, stored: 1284092, shed: 0, pending: 14, lanes: 8, violations: [], unknown: [] };
