// SPDX-License-Identifier: Apache-2.0
// What the inbox, a group's page and an incident say of a group: title, ends, wait, acts.
import { signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, mayAct, post } from "../lib/api";
import { number, pick, t, type Key } from "../lib/i18n";
import { Safe } from "../lib/safe";
import { say, sayFailure } from "../lib/state";
import { ms, span } from "../lib/time";
import type { Group, Incident, IncidentList } from "../lib/types";
import { now } from "../lib/view";
import { Choice, Dialog, Field } from "./dialog";
import { severityWord } from "./icons";

// How long a group of each severity may wait for a decision: 5 min, 30 min, 4 h, 24 h.
const WAIT_LIMITS = [0, 300, 1800, 14_400, 86_400];

export const titleOf = (group: Group): string => pick(group.title_vi, group.title_en, group.signature);
export const waitSeconds = (group: Group): number => (now.value - ms(group.arrived)) / 1000;
export const isOld = (group: Group): boolean => group.state === "undecided" && waitSeconds(group) > (WAIT_LIMITS[group.severity] ?? 86_400);
export const waitText = (group: Group): string => t("group.waits", { span: span(waitSeconds(group)) });
export const waitLong = (group: Group): string => t("group.undecidedFor", { span: span(waitSeconds(group)) });

/// Several on one side are counted: 17 nguồn.
export function sourceText(group: Group): string {
  return group.attacker && group.attacker !== "*" ? group.attacker : countText("group.sources", group.sources, group.is_partial);
}
export function targetText(group: Group): string {
  return group.victim && group.victim !== "*" ? group.victim : countText("group.targets", group.targets, group.is_partial);
}
function countText(key: Key, count: number, isLeast: boolean): string {
  return (isLeast ? "≥ " : "") + t(key, { n: count });
}
/// Whichever says more.
export function spreadText(group: Group): string {
  return group.sources > group.targets ? countText("group.sources", group.sources, group.is_partial) : countText("group.targets", group.targets, group.is_partial);
}

export function Ends({ group }: { group: Group }): JSX.Element {
  return <span class="mono"><Safe text={sourceText(group)} /> → <Safe text={targetText(group)} /></span>;
}

export function decisionText(group: Group): string {
  if (group.state === "incident") return t("group.inIncident", { number: group.incident });
  if (group.state === "undecided") return "";
  const [reason = "", ...rest] = group.reason.split(": ");
  const words = ["false_positive", "harmless", "authorised", "test"].includes(reason) ? t(`reason.${reason}` as Key) : group.reason;
  const note = words === group.reason ? "" : rest.join(": ");
  return t("group.decided", { name: group.decided_by, what: words + (note ? ` (${note})` : "") });
}

// --- acts ---

export type Act = "open" | "join" | "dismiss" | "comment";
interface Ask { act: Act; groups: Group[]; done: (touched: Group[]) => void }
const asked = signal<Ask | null>(null);

export function ask(act: Act, groups: Group[], done: (touched: Group[]) => void): void {
  if (!mayAct()) return say(t("act.needsAnalyst"), "bad");
  if (groups.length > 0) asked.value = { act, groups, done };
}

export async function take(groups: Group[], done: (touched: Group[]) => void): Promise<void> {
  if (!mayAct()) return say(t("act.needsAnalyst"), "bad");
  try {
    for (const group of groups) await post(`/groups/${group.id}/take`);
    say(groups.length === 1 && groups[0] ? t("act.taken", { title: titleOf(groups[0]) }) : t("act.takenMany", { n: groups.length }));
    done([]);
  } catch (failure) {
    sayFailure(failure);
  }
}

const about = (groups: Group[]): string => (groups.length === 1 && groups[0] ? titleOf(groups[0]) : t("act.groups", { n: groups.length }));
const alertsIn = (groups: Group[]): number => groups.reduce((sum, group) => sum + group.count, 0);

async function openIncident(groups: Group[]): Promise<string> {
  const [first, ...rest] = groups;
  if (!first) return "";
  const { incident } = await post<{ incident: Incident }>(`/groups/${first.id}/incident`);
  for (const group of rest) await post(`/groups/${group.id}/join`, { incident: incident.number });
  return t("act.opened", { number: incident.number });
}

/// The dialogs of the acts; stands once on a page that has groups.
export function ActDialogs(): JSX.Element | null {
  const at = asked.value;
  if (!at) return null;
  const close = (): void => void (asked.value = null);
  const finish = (words: string): void => {
    close();
    say(words);
    at.done(at.act === "comment" ? [] : at.groups);
  };
  if (at.act === "join") return <JoinDialog groups={at.groups} close={close} finish={finish} />;
  if (at.act === "open") {
    return (
      <Dialog title={t("act.open")} action={t("act.open")} onClose={close} note={t("act.openNote", { what: about(at.groups), n: alertsIn(at.groups) })} onSubmit={async () => finish(await openIncident(at.groups))}>
        <p class="dim">{t("act.openClock")}</p>
      </Dialog>
    );
  }
  if (at.act === "comment") {
    return (
      <Dialog title={t("act.comment")} action={t("act.write")} onClose={close} note={about(at.groups)} onSubmit={async (form) => {
        for (const group of at.groups) await post(`/groups/${group.id}/comment`, { text: String(form.get("text")) });
        finish(t("act.written"));
      }}>
        <Field label={t("act.comment")} name="text" isLong isRequired />
      </Dialog>
    );
  }
  const reasons = ["false_positive", "harmless", "authorised", "test"].map((value) => ({ value, words: t(`reason.${value}` as Key) }));
  return (
    <Dialog title={t("act.dismiss")} action={t("act.dismiss")} onClose={close} note={t("act.dismissNote", { what: about(at.groups), n: alertsIn(at.groups) })} onSubmit={async (form) => {
      for (const group of at.groups) await post(`/groups/${group.id}/dismiss`, { reason: String(form.get("reason")), note: String(form.get("note") ?? "") });
      finish(t("act.dismissed", { what: about(at.groups) }));
    }}>
      <Choice label={t("act.reason")} name="reason" options={reasons} />
      <Field label={t("act.note")} name="note" isLong />
    </Dialog>
  );
}

function JoinDialog({ groups, close, finish }: { groups: Group[]; close: () => void; finish: (words: string) => void }): JSX.Element {
  const [incidents, setIncidents] = useState<Incident[] | null>(null);
  useEffect(() => {
    get<IncidentList>("/incidents").then((list) => setIncidents(list.incidents), sayFailure);
  }, []);
  const options = (incidents ?? []).map((incident) => ({ value: incident.number, words: `${incident.number} · ${severityWord(incident.severity)} · ${incident.title}` }));
  return (
    <Dialog title={t("act.join")} action={t("act.joinNow")} onClose={close} note={t("act.joinNote", { what: about(groups), n: alertsIn(groups) })} onSubmit={async (form) => {
      const number = String(form.get("incident") ?? "");
      if (!number) return;
      for (const group of groups) await post(`/groups/${group.id}/join`, { incident: number });
      finish(t("act.joined", { number }));
    }}>
      {incidents && options.length === 0 ? <p>{t("incidents.none")}</p> : null}
      {incidents && options.length > 0 ? <Choice label={t("nav.incidents")} name="incident" options={options} /> : null}
    </Dialog>
  );
}

export function GroupActs({ group, done }: { group: Group; done: (touched: Group[]) => void }): JSX.Element {
  const isOff = !mayAct();
  const title = isOff ? t("act.needsAnalyst") : undefined;
  const isDecided = group.state !== "undecided";
  return (
    <div class="acts">
      <button type="button" class="btn pri" disabled={isOff || group.state === "incident"} title={title} onClick={() => ask("open", [group], done)}>{t("act.open")} <kbd>I</kbd></button>
      <button type="button" class="btn" disabled={isOff || group.state === "incident"} title={title} onClick={() => ask("join", [group], done)}>{t("act.join")} <kbd>M</kbd></button>
      <button type="button" class="btn" disabled={isOff || isDecided} title={title} onClick={() => ask("dismiss", [group], done)}>{t("act.dismiss")} <kbd>N</kbd></button>
      {group.incident
        ? <button type="button" class="btn" disabled={isOff} title={title} onClick={() => ask("comment", [group], done)}>{t("act.comment")} <kbd>Q</kbd></button>
        : <button type="button" class="btn" disabled={isOff} title={title} onClick={() => void take([group], done)}>{t("act.take")} <kbd>A</kbd></button>}
    </div>
  );
}

export function HourBars({ hours }: { hours: number[] }): JSX.Element {
  const highest = Math.max(...hours, 1);
  const total = hours.reduce((a, b) => a + b, 0);
  return <div class="bars" role="img" aria-label={t("group.dayCount", { n: total })}>{hours.map((hour, index) => <i key={index} title={number(hour)} style={{ height: `${Math.max(3, (hour / highest) * 100)}%` }} />)}</div>;
}
