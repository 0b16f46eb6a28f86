// SPDX-License-Identifier: Apache-2.0
// The one door to the server. Refusals are values with a code and words in both languages.
import { signal } from "@preact/signals";
import { pick, t } from "./i18n";
import type { Lack, Me } from "./types";
import { setServerTime } from "./view";

export interface Fault { code: string; vi: string; en: string; field?: string; lacks?: Lack[] }
export class Refused extends Error {
  constructor(readonly status: number, readonly fault: Fault) {
    super(fault.en);
  }
  words(): string {
    return pick(this.fault.vi, this.fault.en);
  }
}

export const me = signal<Me | null>(null);
/// True until the first answer to "who am I".
export const isStarting = signal(true);

const unreachable = (): Fault => ({ code: "HD-503", vi: "Bộ thu không trả lời. Cảnh báo vẫn được cảm biến giữ, chưa mất gì.", en: "The collector does not answer. Sensors keep their alerts; nothing is lost." });

async function send<T>(method: string, path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && me.value) headers["X-CSRF-Token"] = me.value.csrf;
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, { method, headers, credentials: "same-origin", ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  } catch {
    throw new Refused(0, unreachable());
  }
  const text = await answer.text();
  let json: unknown = null;
  try {
    json = JSON.parse(text);
  } catch {
    throw new Refused(answer.status, unreachable());
  }
  if (!answer.ok) {
    if (answer.status === 401 && path !== "/session" && path !== "/welcome") me.value = null;
    throw new Refused(answer.status, (json as { error: Fault }).error ?? unreachable());
  }
  const asOf = (json as { as_of?: string }).as_of;
  if (asOf) setServerTime(asOf);
  return json as T;
}

/// A file of the server's, saved by the browser under its name; refusals as for all else.
export async function download(path: string, name: string): Promise<void> {
  let answer: Response;
  try {
    answer = await fetch(`/api/v1${path}`, { credentials: "same-origin" });
  } catch {
    throw new Refused(0, unreachable());
  }
  if (!answer.ok) {
    const json = (await answer.json().catch(() => null)) as { error?: Fault } | null;
    if (answer.status === 401) me.value = null;
    throw new Refused(answer.status, json?.error ?? unreachable());
  }
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

export const get = <T>(path: string): Promise<T> => send<T>("GET", path);
export const post = <T>(path: string, body: unknown = {}): Promise<T> => send<T>("POST", path, body);
export const put = <T>(path: string, body: unknown): Promise<T> => send<T>("PUT", path, body);
export const patch = <T>(path: string, body: unknown): Promise<T> => send<T>("PATCH", path, body);
export const remove = <T>(path: string): Promise<T> => send<T>("DELETE", path);

export const wordsOf = (failure: unknown): string => (failure instanceof Refused ? failure.words() : t("error.unknown"));
export const mayAct = (): boolean => me.value?.role === "analyst" || me.value?.role === "admin";
