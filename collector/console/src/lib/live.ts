// SPDX-License-Identifier: Apache-2.0
// One stream of changes a page: ids only; whoever shows something fetches it again. Without a stream it asks every 5 s.
import { effect, signal } from "@preact/signals";
import { me } from "./api";
import { now } from "./view";

export type Connection = "live" | "again" | "off";
export const connection = signal<Connection>("again");
/// Since when it is not live, in server time.
export const lostAt = signal<number>(0);

interface Change { topic: string; reference: number }
type Listener = (topics: Set<string>) => void;
const listeners = new Set<Listener>();
let pending = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;
let source: EventSource | undefined;
let failures = 0;

/// At most four times a second; a hidden page catches up when it is seen again.
function tell(topic: string): void {
  pending.add(topic);
  if (timer !== undefined || document.hidden) return;
  timer = setTimeout(() => {
    timer = undefined;
    const topics = pending;
    pending = new Set();
    for (const listener of listeners) listener(topics);
  }, 250);
}

export function onChange(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function lost(): void {
  failures += 1;
  if (connection.value === "live") lostAt.value = now.value;
  connection.value = failures > 3 ? "off" : "again";
}

function open(): void {
  source?.close();
  source = new EventSource("/api/v1/stream");
  source.addEventListener("hello", () => {
    const isBack = failures > 0;
    failures = 0;
    connection.value = "live";
    if (isBack) tell("all");
  });
  source.addEventListener("change", (event) => {
    const change = JSON.parse((event as MessageEvent<string>).data) as Change;
    tell(change.topic);
  });
  source.addEventListener("reload", () => {
    failures = 0;
    connection.value = "live";
    tell("all");
  });
  source.addEventListener("error", () => {
    lost();
    if (source?.readyState === EventSource.CLOSED) setTimeout(() => me.value && open(), 5000);
  });
}

export function startLive(): void {
  effect(() => {
    const isIn = me.value !== null;
    if (isIn && !source) open();
    if (!isIn) {
      source?.close();
      source = undefined;
    }
  });
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && pending.size > 0) tell("all");
  });
  setInterval(() => {
    if (me.value && connection.value !== "live") tell("all");
  }, 5000);
}
