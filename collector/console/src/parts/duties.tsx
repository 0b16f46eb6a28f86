// SPDX-License-Identifier: Apache-2.0
// The running clock in large digits, an axis from detection to the end, and one line for each duty.
import type { JSX } from "preact";
import { mayAct } from "../lib/api";
import { pick, t } from "../lib/i18n";
import { countdown, dateAndTime, full, left, ms } from "../lib/time";
import type { Duty, IncidentDetail } from "../lib/types";
import { now } from "../lib/view";
import { dueWords, Ring, shareLeft, urgencyOf } from "./due";

const HOUR = 3_600_000;
export const formName = (form: string): string => (form === "vn-tt20-03" ? t("form.03") : form === "vn-tt20-04" ? t("form.04") : form);

const isOpen = (duty: Duty): boolean => duty.state === "running" || duty.state === "late";
const mainOf = (duties: Duty[]): Duty | undefined => duties.filter((duty) => isOpen(duty) && duty.due).sort((a, b) => ms(a.due ?? "") - ms(b.due ?? ""))[0] ?? duties.find((duty) => duty.satisfied_at);

export function Duties({ detail, ask }: { detail: IncidentDetail; ask: () => void }): JSX.Element {
  const main = mainOf(detail.duties);
  return (
    <section class="panel" aria-label={t("duty.panel")}>
      <div class="clock">{main ? <Clock duty={main} /> : <p class="dim">{t("duty.none")}</p>}</div>
      <ul class="obl">{detail.duties.map((duty) => (
        <li key={duty.pack + duty.id}>
          <div><b>{pick(duty.title_vi, duty.title_en)}{duty.form ? `, ${formName(duty.form)}` : ""}</b><small>{subline(duty)}</small></div>
          <span class="step">{isOpen(duty) && duty.id === "initial" && mayAct() ? <button type="button" class="btn" onClick={ask}>{t("act.deliveryShort")}</button> : duty.state === "pending" ? <span class="faint">{t("duty.pending")}</span> : null}</span>
          <span class="end"><span class={`due ${urgencyOf(duty, now.value)}`} title={duty.due ? full(ms(duty.due)) : undefined}><Ring share={urgencyOf(duty, now.value) === "late" ? 1 : shareLeft(duty, now.value)} />{dueWords(duty, now.value)}</span></span>
        </li>
      ))}</ul>
    </section>
  );
}

function subline(duty: Duty): string {
  if (duty.satisfied_at) return t("duty.satisfied", { time: full(ms(duty.satisfied_at)) });
  if (duty.due) return `${t("duty.dueAt", { time: full(ms(duty.due)) })}${duty.is_provisional ? ` · ${t("incident.provisional")}` : ""}`;
  return t("duty.notStarted");
}

function Clock({ duty }: { duty: Duty }): JSX.Element {
  const at = now.value, due = ms(duty.due ?? ""), start = ms(duty.start ?? "");
  const urgency = urgencyOf(duty, at);
  const hours = Math.round((due - start) / HOUR);
  return (
    <>
      <div class={`big ${urgency}`} role="timer">
        {duty.satisfied_at ? t("due.done") : countdown((due - at) / 1000)}
        <small>{duty.satisfied_at ? dateAndTime(ms(duty.satisfied_at)) : t(due < at ? "duty.overdue" : "duty.left")}</small>
      </div>
      <div class="what"><b>{pick(duty.title_vi, duty.title_en)}{duty.form ? `, ${formName(duty.form)}` : ""}</b>
        {t("duty.text", { n: hours })}<br />{t("duty.by")} <span class="mono acc">{duty.pack}</span>, {t("duty.detected", { time: full(start) })}</div>
      <Axis duty={duty} start={start} due={due} at={duty.satisfied_at ? ms(duty.satisfied_at) : at} />
    </>
  );
}

/// Positions are set through the style object (CSSOM), which the content policy allows; there is no style attribute.
function Axis({ duty, start, due, at }: { duty: Duty; start: number; due: number; at: number }): JSX.Element {
  const share = (time: number): number => Math.min(100, Math.max(0, ((time - start) / (due - start)) * 100));
  const here = share(at);
  const marks = duty.warnings.map((warning) => ({ share: share(ms(warning)), hours: Math.round((ms(warning) - start) / HOUR), isPast: ms(warning) <= at }));
  const edgeMark = marks.length > 2 ? marks[marks.length - 2] : undefined;
  const edge = edgeMark?.share ?? 100;
  const words = t("duty.axis", { passed: left((at - start) / 1000), left: left((due - at) / 1000), hours: marks.map((mark) => mark.hours).join(", ") });
  return (
    <div class="axis"><div class="scale" role="img" aria-label={words}>
      <span class="trk"><i class="passed" style={{ left: "0", width: `${here}%` }} /><i class="edge" style={{ left: `${edge}%`, right: "0" }} /></span>
      {marks.map((mark) => <span key={mark.hours} class={`pt${mark.isPast ? " hit" : ""}`} style={{ left: `${mark.share}%` }} />)}
      {duty.satisfied_at ? null : <><span class="nw" style={{ left: `${here}%` }} /><span class={`lb above${here < 6 ? " s" : here > 94 ? " e" : ""}`} style={{ left: `${here}%` }}><b>{t("duty.now")}</b></span></>}
      {edgeMark && Math.abs(edgeMark.share - here) > 16 ? <span class="lb above" style={{ left: `${edgeMark.share}%` }}>{t("duty.hours", { n: edgeMark.hours })}</span> : null}
      <span class="lb low s" style={{ left: "0" }}><b>{t("duty.start")}</b><br />{dateAndTime(start)}</span>
      {marks.filter((mark) => mark.share > 14 && mark.share < 86).map((mark) => <span key={mark.hours} class="lb low w" style={{ left: `${mark.share}%` }}>{t("duty.hours", { n: mark.hours })}<br />{t(mark.isPast ? "duty.reminded" : "duty.willRemind")}</span>)}
      <span class="lb low e" style={{ left: "100%" }}><b>{t("duty.end")}</b><br />{dateAndTime(due)}</span>
    </div></div>
  );
}
