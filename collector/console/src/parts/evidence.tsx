// SPDX-License-Identifier: Apache-2.0
// An alert's EVE record for people: what was seen, the bytes, the whole record. All of it is text from the wire.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "../lib/i18n";
import { Safe } from "../lib/safe";
import { exact, full, ms } from "../lib/time";
import type { Alert, Json } from "../lib/types";

type Record_ = { [key: string]: Json };
const isRecord = (value: Json | undefined): value is Record_ => typeof value === "object" && value !== null && !Array.isArray(value);
const SKIPPED = new Set(["payload", "payload_printable", "packet", "packet_info", "alert", "haidang", "timestamp"]);
const FIRST = ["http", "dns", "tls", "quic", "ssh", "smtp", "sip", "ftp", "files", "fileinfo"];

/// "http.url" to text, in the order of the record, at most 200.
export function flatten(value: Json, prefix = "", rows: [string, string][] = []): [string, string][] {
  if (rows.length >= 200) return rows;
  if (Array.isArray(value)) {
    if (value.every((one) => typeof one !== "object" || one === null)) rows.push([prefix, value.map(String).join(", ")]);
    else value.forEach((one, index) => flatten(one, `${prefix}[${index}]`, rows));
  } else if (isRecord(value)) {
    for (const [key, one] of Object.entries(value)) flatten(one, prefix ? `${prefix}.${key}` : key, rows);
  } else if (value !== null && value !== "") {
    rows.push([prefix, String(value)]);
  }
  return rows;
}

/// Fields of the transaction: what the rule looked at.
export function appFields(eve: Record_ | null): [string, string][] {
  if (!eve) return [];
  const rows: [string, string][] = [];
  for (const key of FIRST) if (eve[key] !== undefined) flatten(eve[key] ?? null, key, rows);
  return rows;
}

export function bytesOf(eve: Record_ | null): Uint8Array {
  const text = eve?.["payload"];
  if (typeof text !== "string") return new Uint8Array();
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

export function hexDump(bytes: Uint8Array, limit = 2048): string {
  const lines: string[] = [];
  for (let at = 0; at < Math.min(bytes.length, limit); at += 16) {
    const part = [...bytes.subarray(at, Math.min(at + 16, limit))];
    const hex = part.map((byte) => byte.toString(16).padStart(2, "0")).join(" ").padEnd(47);
    const text = part.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : ".")).join("");
    lines.push(`${at.toString(16).padStart(6, "0")}  ${hex}  ${text}`);
  }
  if (bytes.length > limit) lines.push("…");
  return lines.join("\n");
}

const printable = (eve: Record_ | null): string => {
  const text = eve?.["payload_printable"];
  return typeof text === "string" ? text : "";
};

/// The first lines of the payload; nothing when the sensor sends none.
export function Excerpt({ alert, lines = 6 }: { alert: Alert; lines?: number }): JSX.Element | null {
  const text = printable(alert.eve);
  if (!text) return null;
  const shown = text.split("\n").slice(0, lines).map((line) => line.replace(/\r$/, "").slice(0, 160));
  return <div class="code">{shown.map((line, index) => <div key={index}><Safe text={line} />{line ? null : " "}</div>)}</div>;
}

export function Fields({ rows }: { rows: [string, string][] }): JSX.Element {
  return <dl class="kv wide">{rows.map(([key, value]) => <div key={key}><dt class="mono">{key}</dt><dd class="mono"><Safe text={value} /></dd></div>)}</dl>;
}

type Tab = "readable" | "payload" | "eve";

export function AlertView({ alert }: { alert: Alert }): JSX.Element {
  const [tab, setTab] = useState<Tab>("readable");
  const eve = alert.eve ?? {};
  const rest = flatten(Object.fromEntries(Object.entries(eve).filter(([key]) => !SKIPPED.has(key) && !FIRST.includes(key))));
  const bytes = bytesOf(eve);
  const rule = isRecord(eve["alert"]) ? eve["alert"] : {};
  const tabs: [Tab, string][] = [["readable", t("alert.readable")], ["payload", t("alert.payload")], ["eve", "EVE"]];
  return (
    <div class="alert-view">
      <dl class="kv wide">
        <div><dt>{t("alert.packetTime")}</dt><dd>{full(ms(alert.packet_time))} <span class="faint">{exact(ms(alert.packet_time))}</span></dd></div>
        <div><dt>{t("alert.arrived")}</dt><dd>{full(ms(alert.arrived))}{alert.is_corrected ? null : <span class="tag">{t("alert.uncertain")}</span>}</dd></div>
      </dl>
      <div class="subtabs" role="group" aria-label={t("alert.form")}>
        {tabs.map(([name, words]) => <button key={name} type="button" aria-pressed={tab === name} onClick={() => setTab(name)}>{words}</button>)}
      </div>
      {tab === "readable" ? <><Fields rows={[...appFields(eve), ...rest, ...flatten(rule, "alert")]} /><Excerpt alert={alert} lines={40} /></> : null}
      {tab === "payload" ? (bytes.length > 0 ? <pre class="code scroll" tabIndex={0}>{hexDump(bytes)}</pre> : <p class="dim">{t("alert.noPayload")}</p>) : null}
      {tab === "eve" ? <pre class="code scroll" tabIndex={0}><Whole value={eve} /></pre> : null}
    </div>
  );
}

function Whole({ value }: { value: Record_ }): JSX.Element {
  const text = JSON.stringify(value, null, 2);
  return <>{text.slice(0, 60_000).split("\n").map((line, index) => <div key={index}><Safe text={line} /></div>)}</>;
}
