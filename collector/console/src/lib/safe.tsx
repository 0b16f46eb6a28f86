// SPDX-License-Identifier: Apache-2.0
// Strings from the wire, as text: what cannot be seen or would turn the line around is shown as a mark (docs: console 16).
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { t } from "./i18n";

const LONGEST = 120;
// C0 without tab and line feed, DEL, C1; bidirectional controls; zero-width characters; the byte order mark.
// eslint-disable-next-line no-control-regex
const HIDDEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;

export function markOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  if (code === 0x7f) return "␡";
  return `⟪U+${code.toString(16).toUpperCase().padStart(4, "0")}⟫`;
}
export const visible = (text: string): string => text.replace(HIDDEN, markOf);

/// A name in Unicode that looks like something else has its ASCII form beside it.
export function asciiForm(text: string): string {
  if (!/[^\u0000-\u007f]/u.test(text) || /[\s/]/u.test(text) || !text.includes(".")) return "";
  try {
    const host = new URL(`http://${text}/`).hostname;
    return host === text ? "" : host;
  } catch {
    return "";
  }
}

interface Props { text: string; isMono?: boolean; class?: string }

/// Marks stand out; names longer than 120 characters are cut until asked.
export function Safe({ text, isMono, class: extra }: Props): JSX.Element {
  const [isWhole, setWhole] = useState(false);
  const isLong = text.length > LONGEST && !isWhole;
  const shown = isLong ? text.slice(0, LONGEST) : text;
  const pieces: (string | JSX.Element)[] = [];
  let last = 0;
  for (const match of shown.matchAll(HIDDEN)) {
    pieces.push(shown.slice(last, match.index), <span class="mark">{markOf(match[0])}</span>);
    last = match.index + match[0].length;
  }
  pieces.push(shown.slice(last));
  const ascii = asciiForm(shown);
  return (
    <span class={[isMono ? "mono" : "", extra ?? ""].join(" ").trim() || undefined}>
      {pieces}
      {ascii ? <span class="faint"> ({ascii})</span> : null}
      {isLong ? (
        <>
          {"… "}
          <button type="button" class="link" onClick={(event) => { event.stopPropagation(); setWhole(true); }}>{t("safe.whole", { n: text.length })}</button>
        </>
      ) : null}
    </span>
  );
}
