// SPDX-License-Identifier: Apache-2.0
// Times as people read them (docs: console 11). Vietnam has no summer time: its zone is a fixed offset, never the browser's.
import { number, t } from "./i18n";
import { lang, zone } from "./view";

const VIETNAM_MINUTES = 7 * 60;
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

interface Parts { year: number; month: number; day: number; weekday: number; hour: string; minute: string; second: string; milli: string }

const two = (value: number): string => String(value).padStart(2, "0");

function parts(time: number): Parts {
  const date = new Date(time + (zone.value === "vn" ? VIETNAM_MINUTES * 60_000 : 0));
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate(), weekday: date.getUTCDay(), hour: two(date.getUTCHours()),
    minute: two(date.getUTCMinutes()), second: two(date.getUTCSeconds()), milli: String(date.getUTCMilliseconds()).padStart(3, "0") };
}

export const zoneName = (): string => (zone.value === "vn" ? "GMT+7" : "UTC");
export const ms = (text: string): number => Date.parse(text);

export function clock(time: number): string {
  const at = parts(time);
  return `${at.hour}:${at.minute}:${at.second}`;
}
export function exact(time: number): string {
  return `${clock(time)}.${parts(time).milli}`;
}
export function shortClock(time: number): string {
  const at = parts(time);
  return `${at.hour}:${at.minute}`;
}
export function date(time: number): string {
  const at = parts(time);
  return lang.value === "vi" ? `${two(at.day)}/${two(at.month)}/${at.year}` : `${at.day} ${MONTHS[at.month - 1]} ${at.year}`;
}
export function shortDate(time: number): string {
  const at = parts(time);
  return lang.value === "vi" ? `${two(at.day)}/${two(at.month)}` : `${at.day} ${MONTHS[at.month - 1]}`;
}
export function weekday(time: number): string {
  const names = t("time.weekdays").split(",");
  return lang.value === "vi" ? `${names[parts(time).weekday]}, ${date(time)}` : `${names[parts(time).weekday]} ${date(time)}`;
}
export const dayKey = (time: number): string => {
  const at = parts(time);
  return `${at.year}-${at.month}-${at.day}`;
};
/// A legal moment, always whole.
export function moment(time: number): string {
  return lang.value === "vi" ? `${clock(time)} ngày ${date(time)}` : `${date(time)} ${clock(time)}`;
}
export const full = (time: number): string => `${moment(time)} ${zoneName()}`;
export const dateAndTime = (time: number): string => `${shortDate(time)} ${shortClock(time)}`;

/// 40 giây, 12 phút, 3 giờ; beyond a day the date and time.
export function age(from: number, to: number): string {
  const seconds = Math.max(0, Math.floor((to - from) / 1000));
  if (seconds < 60) return t("time.seconds", { n: seconds });
  if (seconds < 3600) return t("time.minutes", { n: Math.floor(seconds / 60) });
  if (seconds < 86_400) return t("time.hours", { n: Math.floor(seconds / 3600) });
  return dateAndTime(from);
}
/// Short and without a date, for what waits: 12 ph, 3 giờ, 2 ngày.
export function span(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < 60) return t("time.seconds", { n: whole });
  if (whole < 3600) return t("time.min", { n: Math.floor(whole / 60) });
  if (whole < 86_400) return t("time.hours", { n: Math.floor(whole / 3600) });
  return t("time.days", { n: Math.floor(whole / 86_400) });
}
/// 2 ngày 3 giờ, 21 giờ 40 ph, 12 ph; in the last hour 04:59.
export function left(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds));
  const days = Math.floor(whole / 86_400), hours = Math.floor((whole % 86_400) / 3600), minutes = Math.floor((whole % 3600) / 60);
  if (days > 0) return t("time.daysHours", { d: days, h: hours });
  if (hours > 0) return t("time.hoursMin", { h: hours, m: minutes });
  if (seconds < 0) return t("time.min", { n: minutes });
  return `${two(minutes)}:${two(whole % 60)}`;
}
/// 21:40:12, or 71:02:00: the large clock.
export function countdown(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds));
  return `${two(Math.floor(whole / 3600))}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
}

/// 12,4 nghìn, 2,1 triệu; whole below 100 000.
export function large(value: number): string {
  if (value < 100_000) return number(value);
  if (value < 1_000_000) return t("number.thousand", { n: number(value / 1000, 1) });
  if (value < 1e9) return t("number.million", { n: number(value / 1e6, 1) });
  return t("number.billion", { n: number(value / 1e9, 2) });
}
