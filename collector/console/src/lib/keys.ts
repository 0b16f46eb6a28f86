// SPDX-License-Identifier: Apache-2.0
// Keys by position in the English layout, so that Vietnamese input methods do not matter. None fires while someone types.
import { signal } from "@preact/signals";
import type { Key } from "./i18n";

export interface Binding { code: string; shift?: boolean; ctrl?: boolean; show: string; words: Key; act: () => void }
export const helpIsOpen = signal(false);
const layers = signal<Binding[][]>([]);
let goesTo = 0;

/// Adds the keys of a page or dialog; the newest layer is asked first. Answers how to take them away.
export function bind(bindings: Binding[]): () => void {
  layers.value = [bindings, ...layers.value];
  return () => {
    layers.value = layers.value.filter((layer) => layer !== bindings);
  };
}
export const bound = (): Binding[] => layers.value.flat();

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

export function startKeys(pages: Record<string, () => void>): void {
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.altKey || event.metaKey) return;
    const isDialog = document.querySelector("dialog[open]") !== null;
    if (isTyping(event.target) && !event.ctrlKey) return;
    if (isDialog && event.code !== "Escape") return;
    if (!event.ctrlKey && Date.now() - goesTo < 1500 && pages[event.code]) {
      goesTo = 0;
      event.preventDefault();
      pages[event.code]?.();
      return;
    }
    if (event.code === "KeyG" && !event.ctrlKey && !event.shiftKey) {
      goesTo = Date.now();
      return;
    }
    const found = layers.value.flat().find((one) => one.code === event.code && Boolean(one.shift) === event.shiftKey && Boolean(one.ctrl) === event.ctrlKey);
    if (!found) return;
    // Enter and Space belong to the control that has the focus.
    if (event.code === "Enter" && event.target instanceof HTMLElement && event.target.closest("a,button")) return;
    event.preventDefault();
    found.act();
  });
}
