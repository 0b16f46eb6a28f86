// SPDX-License-Identifier: Apache-2.0
// Words of both languages. "{n}" is filled in; "one|other" chooses by n.
import { en } from "../text/en";
import { vi } from "../text/vi";
import { lang } from "./view";

export type Key = keyof typeof vi;
export type Values = Record<string, string | number>;

const catalogues: Record<"vi" | "en", Record<Key, string>> = { vi, en };

/// Words only: numbers in `values` are written as the language writes them.
export function t(key: Key, values: Values = {}): string {
  let text = catalogues[lang.value][key];
  const forms = text.split("|");
  if (forms.length === 2) text = (values["n"] === 1 ? forms[0] : forms[1]) ?? text;
  return text.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    return typeof value === "number" ? number(value) : (value ?? "");
  });
}

/// Whether a key of that name exists: for words that come from the server.
export function has(key: string): key is Key {
  return Object.hasOwn(vi, key);
}

/// The text of a record in the language of the page.
export function pick(vietnamese: string, english: string, otherwise = ""): string {
  return (lang.value === "vi" ? vietnamese || english : english || vietnamese) || otherwise;
}

export function number(value: number, digits = 0, least = 0): string {
  return new Intl.NumberFormat(lang.value === "vi" ? "vi-VN" : "en-GB", { minimumFractionDigits: least, maximumFractionDigits: digits }).format(value);
}
/// Columns of figures have the same number of decimals, so that they can be compared by eye; nothing at all is a plain 0.
export const figure = (value: number, digits: number): string => (value === 0 ? number(0) : number(value, digits, digits));
export function percent(ratio: number, digits = 1): string {
  const text = ratio === 0 || ratio === 1 ? number(ratio * 100) : number(ratio * 100, digits, digits);
  return lang.value === "vi" ? `${text} %` : `${text}%`;
}
