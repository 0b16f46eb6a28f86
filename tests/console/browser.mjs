// SPDX-License-Identifier: Apache-2.0
// Debian's own Chromium, with a new profile, quiet, and without any way to the outside.
import { chromium } from "playwright-core";

const FLAGS = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--disable-dev-shm-usage"];

/// A browser; its profile is a new folder that goes with it.
export function startBrowser() {
  return chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", headless: true, args: [...FLAGS, ...(process.getuid() === 0 ? ["--no-sandbox"] : [])] });
}

/// Notes what must never happen: a violation of the content policy, a request that leaves `origin`, an error of a script.
export function watch(page, origin) {
  const faults = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(`${origin}/`) && !request.url().startsWith("data:")) faults.push(`outside request: ${request.url()}`);
  });
  page.on("console", (message) => {
    if (/content security policy|trusted ?types?/i.test(message.text())) faults.push(`policy: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`script: ${error.message}`));
  return faults;
}
