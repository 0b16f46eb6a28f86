// SPDX-License-Identifier: Apache-2.0
// The timeline: newest first, by day; notes of people in boxes, acts of the machine in words. Nothing is edited.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { mayAct, post } from "../lib/api";
import { has, pick, t, type Key } from "../lib/i18n";
import { Safe } from "../lib/safe";
import { sayFailure } from "../lib/state";
import { dayKey, full, ms, shortClock, weekday } from "../lib/time";
import type { Entry, IncidentDetail } from "../lib/types";
import { readJson } from "../pages/incident";
import { Icon } from "./icons";

export function Timeline({ detail, reload }: { detail: IncidentDetail; reload: () => Promise<void> }): JSX.Element {
  const [isOldest, setOldest] = useState(false);
  const entries = isOldest ? detail.timeline : [...detail.timeline].reverse();
  const { chain } = detail;
  let day = "";
  return (
    <section class="panel" aria-labelledby="timeline-head">
      <header>
        <h2 id="timeline-head">{t("incident.timeline")}</h2>
        <span class={`tag${chain.is_intact ? "" : " broken"}`}><Icon name="link" size={12} />{chain.is_intact ? t("chain.intact", { n: chain.entries }) : t("chain.broken", { n: chain.broken_at })}</span>
        <button type="button" class="link r" onClick={() => setOldest(!isOldest)}>{t(isOldest ? "timeline.oldest" : "timeline.newest")}</button>
      </header>
      {mayAct() ? <Composer number={detail.incident.number} reload={reload} /> : null}
      <ol class="tl">
        {entries.flatMap((entry) => {
          const key = dayKey(ms(entry.at));
          const head = key === day ? [] : [<li key={key} class="day">{weekday(ms(entry.at))}</li>];
          day = key;
          return [...head, <Line key={entry.sequence} entry={entry} detail={detail} />];
        })}
      </ol>
    </section>
  );
}

function Composer({ number, reload }: { number: string; reload: () => Promise<void> }): JSX.Element {
  const draft = `hd.draft.${number}`;
  const [text, setText] = useState(() => sessionStorage.getItem(draft) ?? "");
  const type = (value: string): void => {
    setText(value);
    sessionStorage.setItem(draft, value);
  };
  const send = async (): Promise<void> => {
    if (!text.trim()) return;
    try {
      await post(`/incidents/${number}/entries`, { text });
      type("");
      await reload();
    } catch (failure) {
      sayFailure(failure);
    }
  };
  return (
    <form class="compose" onSubmit={(event) => { event.preventDefault(); void send(); }}>
      <textarea id="note" rows={1} aria-label={t("timeline.note")} placeholder={t("timeline.hint")} value={text} onInput={(event) => type(event.currentTarget.value)}
        onKeyDown={(event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); void send(); } }} />
      <button type="submit" class="btn">{t("act.write")} <kbd>Ctrl ↵</kbd></button>
    </form>
  );
}

type Shape = "alert" | "person" | "state" | "done";
const SHAPES: Record<string, Shape> = { opened: "alert", group_joined: "alert", alerts: "alert", t0: "alert", state: "state", assigned: "state", report: "done", response_ended: "done" };

function Dot({ shape }: { shape: Shape }): JSX.Element {
  return (
    <span class={`dot ${shape}`}><svg viewBox="0 0 14 14" aria-hidden="true">
      {shape === "alert" ? <path d="M7 .8 13.2 7 7 13.2.8 7z" fill="currentColor" /> : null}
      {shape === "person" ? <rect x="2" y="2" width="10" height="10" rx="2" fill="currentColor" /> : null}
      {shape === "state" ? <circle cx="7" cy="7" r="5.5" fill="currentColor" /> : null}
      {shape === "done" ? <path d="m2 7.5 3.5 3.5L12 3.5" fill="none" stroke="currentColor" stroke-width="2.4" /> : null}
    </svg></span>
  );
}

function Line({ entry, detail }: { entry: Entry; detail: IncidentDetail }): JSX.Element {
  return (
    <li>
      <time dateTime={entry.at} title={full(ms(entry.at))}>{shortClock(ms(entry.at))}</time>
      <Dot shape={SHAPES[entry.kind] ?? "person"} />
      <div><Body entry={entry} detail={detail} /></div>
      <span class="seq" title={entry.hash}>#{entry.sequence}</span>
    </li>
  );
}

const text = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");
const stateWord = (value: unknown): string => (has(`state.${text(value)}`) ? t(`state.${text(value)}` as Key) : text(value));

/// What is said of each kind; an unknown one is shown as it stands.
function Body({ entry, detail }: { entry: Entry; detail: IncidentDetail }): JSX.Element {
  const json = readJson(entry.body);
  const who = entry.author_name;
  const group = detail.groups.find((one) => one.id === json["group"]);
  const title = group ? pick(group.title_vi, group.title_en, group.signature) : text(json["signature"]);
  switch (entry.kind) {
    case "opened":
      return json["policy"]
        ? <p><b>{t("entry.detected")}</b> {t("entry.byPolicy")} <span class="mono">{text(json["policy"])}</span>: <Safe text={text(json["attacker"])} isMono /> → <Safe text={text(json["victim"])} isMono /></p>
        : <p><b>{who}</b> {t("entry.opened")}: <Safe text={entry.body} /></p>;
    case "group_joined":
      return entry.author === "system"
        ? <p><b>{typeof json["count"] === "number" ? t("entry.newAlerts", { n: json["count"] }) : t("entry.newGroup")}</b> {group ? <a href={`/groups/${group.id}`}><Safe text={title} /></a> : <Safe text={title || entry.body} />}</p>
        : <p><b>{who}</b> {t("entry.joined")}: <Safe text={title || entry.body} /></p>;
    case "t0":
      return <p>{t("entry.t0", { time: Number.isNaN(ms(entry.body)) ? entry.body : full(ms(entry.body)) })}</p>;
    case "state":
      return <><p><b>{who}</b> {t("entry.state")} <b>{stateWord(json["to"])}</b></p><Changes json={json} /></>;
    case "edited":
      return <><p><b>{who}</b> {t("entry.edited")}</p><Changes json={json} /></>;
    case "assigned":
      return <p><b>{who}</b> {t(entry.body ? "entry.assigned" : "entry.released")} {entry.body === detail.incident.owner ? detail.incident.owner_name : entry.body}</p>;
    case "report":
      return <><p><b>{who}</b> {t("entry.report")}</p><p class="note"><Safe text={entry.body} /></p></>;
    case "response_ended":
      return <><p><b>{who}</b> {t("entry.ended")}</p><p class="note"><Safe text={entry.body} /></p></>;
    case "warning":
      return <p>{t("entry.warning")} <Safe text={entry.body} /></p>;
    case "comment":
      return <><p><b>{who}</b> {t("entry.comment")}</p><p class="note">{entry.body.split("\n").map((line, index) => <span key={index} class="line"><Safe text={line} /></span>)}</p></>;
    default:
      return <p><b>{who}</b> <Safe text={`${entry.kind}: ${entry.body}`} /></p>;
  }
}

function Changes({ json }: { json: Record<string, unknown> }): JSX.Element | null {
  const rows = Object.entries(json).filter(([key]) => key !== "from" && key !== "to");
  if (rows.length === 0) return null;
  return <p class="note">{rows.map(([key, value]) => {
    const words = key === "reason" && has(`reason.${text(value)}`) ? t(`reason.${text(value)}` as Key) : text(value);
    return <span key={key} class="line">{has(`field.${key}`) ? t(`field.${key}` as Key) : key}: <Safe text={words} /></span>;
  })}</p>;
}
