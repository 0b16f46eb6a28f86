// SPDX-License-Identifier: Apache-2.0
// Before the first paint: theme and language of this device.
(() => {
  const read = (key: string): string | null => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };
  const theme = read("hd.theme");
  const isLight = typeof matchMedia === "function" && matchMedia("(prefers-color-scheme: light)").matches;
  document.documentElement.dataset["theme"] = theme === "ngay" || theme === "dem" ? theme : isLight ? "ngay" : "dem";
  document.documentElement.lang = read("hd.lang") === "en" ? "en" : "vi";
})();
