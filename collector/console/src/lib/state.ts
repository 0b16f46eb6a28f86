// SPDX-License-Identifier: Apache-2.0
// What every page shows: counts of the frame and the running legal clocks.
import { signal } from "@preact/signals";
import { get, me, wordsOf } from "./api";
import { onChange } from "./live";
import type { DutyList, OpenDuty, Person, Status } from "./types";

export const status = signal<Status | null>(null);
export const duties = signal<OpenDuty[]>([]);
export const people = signal<Person[]>([]);

export interface Toast { words: string; kind: "good" | "bad" }
export const toast = signal<Toast | null>(null);
let toastTimer: ReturnType<typeof setTimeout> | undefined;

export function say(words: string, kind: "good" | "bad" = "good"): void {
  toast.value = { words, kind };
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (toast.value = null), 8000);
}
export const sayFailure = (failure: unknown): void => say(wordsOf(failure), "bad");

export async function refreshFrame(): Promise<void> {
  if (!me.value) return;
  try {
    const [counts, clocks] = await Promise.all([get<Status>("/status"), get<DutyList>("/duties")]);
    status.value = counts;
    duties.value = clocks.duties;
  } catch {
    // The connection mark says it; old numbers stay with their time.
  }
}

export async function loadPeople(): Promise<void> {
  try {
    people.value = (await get<{ people: Person[] }>("/people")).people;
  } catch (failure) {
    sayFailure(failure);
  }
}

export function startState(): void {
  onChange(() => void refreshFrame());
}

export const myName = (): string => me.value?.user ?? "";
