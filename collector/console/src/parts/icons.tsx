// SPDX-License-Identifier: Apache-2.0
// Own symbols, drawn as strokes; shapes of severity and lamps of health.
import type { JSX } from "preact";
import { t, type Key } from "../lib/i18n";
import type { SensorWord } from "../lib/types";

const PATHS = {
  inbox: ["M2 9.5 4 3h8l2 6.5V13H2z", "M2 9.5h3.5c.3 1.2 1.2 2 2.5 2s2.2-.8 2.5-2H14"],
  shield: ["M8 1.7 13.5 4v4.2c0 3-2.3 5.2-5.5 6.1-3.2-.9-5.5-3.1-5.5-6.1V4z", "M8 5v3.3", "M8 10.8v.1"],
  sensor: ["M1.5 8h3.2M11.3 8h3.2", "M4.7 8a3.3 3.3 0 1 0 6.6 0 3.3 3.3 0 1 0-6.6 0", "M8 11.3v3"],
  people: ["M3.5 5.5a2.5 2.5 0 1 0 5 0 2.5 2.5 0 1 0-5 0", "M1.8 13.5c.4-2.6 2-4 4.2-4s3.8 1.4 4.2 4", "M11 3.4a2.3 2.3 0 0 1 0 4.3M12 9.8c1.3.5 2.1 1.8 2.4 3.7"],
  me: ["M5 5.5a3 3 0 1 0 6 0 3 3 0 1 0-6 0", "M2.5 14c.5-3 2.600-4.500 5.500-4.500s5 1.500 5.500 4.500"],
  search: ["M2.7 7a4.3 4.3 0 1 0 8.6 0 4.3 4.3 0 1 0-8.6 0", "m10.3 10.3 3.2 3.2"],
  up: ["M8 13V3.500M4 7l4-4 4 4"],
  down: ["M8 3v9.500M4 9l4 4 4-4"],
  link: ["M6.5 9.5 9.5 6.5", "m8.5 4.5 1-1a2.5 2.5 0 0 1 3.5 3.5l-1 1M7.5 11.5l-1 1A2.5 2.5 0 0 1 3 9l1-1"],
  more: ["M3.5 8h.01M8 8h.01M12.5 8h.01"],
  check: ["m2.500 8.500 3.800 3.600L13.500 4"],
  file: ["M4 1.8h5.5L12.5 5v9.2H4z", "M9.3 2v3.2h3", "M6 8h4.5M6 10.8h4.5"],
  back: ["M13 8H3.500M7 4 3 8l4 4"],
} as const;
export type IconName = keyof typeof PATHS;

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): JSX.Element {
  return (
    <svg viewBox="0 0 16 16" width={size} height={size} fill="none" stroke="currentColor" stroke-width="1.5" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">
      {PATHS[name].map((d) => <path d={d} key={d} />)}
    </svg>
  );
}

export function Brand(): JSX.Element {
  return (
    <svg viewBox="0 0 24 24" aria-hidden="true">
      <path class="lamp-ray" d="M14.6 6.4 23 3.2v7L14.6 8.6z" />
      <path class="lamp-ray" d="M9.4 6.4 1 3.2v7l8.4-1.6z" />
      <path d="M12 1.5 15 4.4H9z" fill="currentColor" />
      <rect class="lamp-light" x="9.7" y="5.2" width="4.6" height="4" />
      <path d="M9.2 10h5.6l1.8 11H7.4z" fill="currentColor" />
      <path class="lamp-band" d="M8.7 13.5h6.7l.4 2.6H8.2z" />
      <path d="M5.5 22.2h13" stroke="currentColor" stroke-width="1.6" stroke-linecap="round" />
    </svg>
  );
}

const clamp = (severity: number): 1 | 2 | 3 | 4 => (severity <= 1 ? 1 : severity >= 4 ? 4 : (severity as 2 | 3));
export const severityWord = (severity: number): string => t(`sev.${clamp(severity)}` as Key);

/// Diamond, triangle, square, ring.
export function SeverityShape({ severity }: { severity: number }): JSX.Element {
  switch (clamp(severity)) {
    case 1: return <svg viewBox="0 0 14 14" aria-hidden="true"><path d="M7 .4 13.6 7 7 13.6.4 7z" fill="currentColor" /></svg>;
    case 2: return <svg viewBox="0 0 14 14" aria-hidden="true"><path d="M7 1.2 13.5 12.6H.5z" fill="currentColor" /></svg>;
    case 3: return <svg viewBox="0 0 14 14" aria-hidden="true"><rect x="2" y="2" width="10" height="10" rx="1" fill="currentColor" /></svg>;
    case 4: return <svg viewBox="0 0 14 14" aria-hidden="true"><circle cx="7" cy="7" r="4.6" fill="none" stroke="currentColor" stroke-width="2" /></svg>;
  }
}

export function Severity({ severity, isBox }: { severity: number; isBox?: boolean }): JSX.Element {
  return <span class={`sev s${clamp(severity)}${isBox ? " box" : ""}`}><SeverityShape severity={severity} />{severityWord(severity)}</span>;
}

type Lamp = "ok" | "warn" | "bad" | "off";
const LAMPS: Record<SensorWord, Lamp> = { normal: "ok", doubtful: "warn", loss: "warn", one_way: "bad", isolated: "warn", overloaded: "bad", blind: "bad", stopped: "off",
  silent: "off", new: "off", waiting: "warn", revoked: "off" };
export const lampOf = (word: SensorWord): Lamp => LAMPS[word];

export function LampShape({ lamp }: { lamp: Lamp }): JSX.Element {
  switch (lamp) {
    case "ok": return <svg viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" r="5" fill="currentColor" /></svg>;
    case "warn": return <svg viewBox="0 0 12 12" aria-hidden="true"><path d="M6 .8 11.7 11H.3z" fill="currentColor" /></svg>;
    case "bad": return <svg viewBox="0 0 12 12" aria-hidden="true"><path d="M3.7.8h4.6l2.9 2.9v4.6l-2.900 2.900H3.7L.8 8.3V3.7z" fill="currentColor" /></svg>;
    case "off": return <svg viewBox="0 0 12 12" aria-hidden="true"><circle cx="6" cy="6" r="4.6" fill="none" stroke="currentColor" stroke-width="1.6" stroke-dasharray="2.4 2.4" /></svg>;
  }
}

export function Spark({ values, label }: { values: number[]; label: string }): JSX.Element {
  const highest = Math.max(...values, 1);
  const points = values.map((value, index) => `${((index * 76) / Math.max(values.length - 1, 1)).toFixed(1)} ${(22 - (value / highest) * 19).toFixed(1)}`);
  const line = `M${points.join(" L")}`;
  const end = (points[points.length - 1] ?? "76 22").split(" ");
  return (
    <svg class="spark" viewBox="0 0 76 24" width="76" height="24" role="img" aria-label={label}>
      <path class="a" d={`${line} L76 24 L0 24z`} />
      <path class="l" d={line} />
      <circle cx={end[0]} cy={end[1]} r="2" />
    </svg>
  );
}
