// SPDX-License-Identifier: Apache-2.0
// A legal clock as a chip: ring with the share of time left, words; urgency is a fill, never a colour alone.
import type { JSX } from "preact";
import { t } from "../lib/i18n";
import { full, left, ms } from "../lib/time";
import type { Duty } from "../lib/types";
import { now } from "../lib/view";

const HOUR = 3600;
const CIRCLE = 2 * Math.PI * 5.8;

export type Urgency = "calm" | "soon" | "now" | "late" | "done";

/// calm beyond a day; soon within one; now within 6 h or a tenth of the whole; late when past.
export function urgencyOf(duty: Duty, at: number): Urgency {
  if (duty.state === "satisfied" || duty.state === "satisfied_late") return "done";
  if (!duty.due || !duty.start) return "calm";
  const seconds = (ms(duty.due) - at) / 1000;
  const whole = (ms(duty.due) - ms(duty.start)) / 1000;
  if (seconds < 0) return "late";
  if (seconds <= 6 * HOUR || seconds <= whole / 10) return "now";
  return seconds <= 24 * HOUR ? "soon" : "calm";
}

export function shareLeft(duty: Duty, at: number): number {
  if (!duty.due || !duty.start) return 0;
  const share = (ms(duty.due) - at) / (ms(duty.due) - ms(duty.start));
  return Math.min(1, Math.max(0, share));
}

export function dueWords(duty: Duty, at: number): string {
  if (duty.state === "satisfied") return t("due.done");
  if (duty.state === "satisfied_late") return t("due.doneLate");
  if (!duty.due) return t("due.pending");
  const seconds = (ms(duty.due) - at) / 1000;
  return seconds < 0 ? t("due.late", { left: left(seconds) }) : t("due.left", { left: left(seconds) });
}

export function Ring({ share }: { share: number }): JSX.Element {
  return (
    <svg viewBox="0 0 14 14" aria-hidden="true">
      <circle cx="7" cy="7" r="5.8" fill="none" stroke="currentColor" opacity=".28" stroke-width="2.4" />
      <circle cx="7" cy="7" r="5.8" fill="none" stroke="currentColor" stroke-width="2.4" stroke-dasharray={`${(share * CIRCLE).toFixed(2)} ${CIRCLE.toFixed(2)}`} transform="rotate(-90 7 7)" />
    </svg>
  );
}

interface Props { duty: Duty; incident: string; withNumber?: boolean }

export function DueChip({ duty, incident, withNumber }: Props): JSX.Element {
  const at = now.value;
  const urgency = urgencyOf(duty, at);
  const share = urgency === "late" ? 1 : shareLeft(duty, at);
  return (
    <a class={`due ${urgency}`} href={`/incidents/${incident}`} title={duty.due ? full(ms(duty.due)) : undefined}>
      <Ring share={share} />
      {withNumber ? <span class="id">{shortNumber(incident)}</span> : null}
      <span class="w">{dueWords(duty, at)}</span>
    </a>
  );
}

/// SC-2026-0147 as SC-0147: the year is on the incident's page.
export const shortNumber = (number: string): string => number.replace(/^([A-Z]+)-\d{4}-/, "$1-");
