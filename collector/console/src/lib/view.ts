// SPDX-License-Identifier: Apache-2.0
// How this device looks at things: language, theme, zone; kept in local storage, nothing else is.
import { effect, signal } from "@preact/signals";

export type Lang = "vi" | "en";
export type Theme = "dem" | "ngay";
export type Zone = "vn" | "utc";

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing still shows everything.
  }
}

export const lang = signal<Lang>(document.documentElement.lang === "en" ? "en" : "vi");
export const theme = signal<Theme>(document.documentElement.dataset["theme"] === "ngay" ? "ngay" : "dem");
export const zone = signal<Zone>("vn");
/// The minute hand of all ages and clocks: milliseconds of the server's time, once a second.
export const now = signal<number>(Date.now());
let offset = 0;

/// Sets our clock by the server's: legal times are its, not this machine's.
export function setServerTime(asOf: string): void {
  const time = Date.parse(asOf);
  if (Number.isNaN(time)) return;
  offset = time - Date.now();
  now.value = time;
}

function isKept(key: string): boolean {
  try {
    return localStorage.getItem(key) !== null;
  } catch {
    return false;
  }
}

export function startView(): void {
  let isFollowing = false;
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", (event) => {
    if (isKept("hd.theme")) return;
    isFollowing = true;
    theme.value = event.matches ? "ngay" : "dem";
    isFollowing = false;
  });
  setInterval(() => {
    if (!document.hidden) now.value = Date.now() + offset;
  }, 1000);
  document.addEventListener("visibilitychange", () => {
    now.value = Date.now() + offset;
  });
  effect(() => {
    document.documentElement.lang = lang.value;
    keep("hd.lang", lang.value);
  });
  let isFirst = true;
  effect(() => {
    document.documentElement.dataset["theme"] = theme.value;
    if (!isFirst && !isFollowing) keep("hd.theme", theme.value);
    isFirst = false;
  });
}
