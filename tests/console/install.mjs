// SPDX-License-Identifier: Apache-2.0
// Installs the exact packages of package-lock.json, once for each lock; needs no network afterwards.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const lock = createHash("sha256").update(readFileSync(join(here, "package-lock.json"))).digest("hex");
const mark = join(here, "node_modules", ".haidang-lock");
if (!existsSync(mark) || readFileSync(mark, "utf8") !== lock) {
  const system = "/etc/ssl/certs/ca-certificates.crt";  // networks of agencies often have a certificate of their own
  const env = existsSync(system) ? { NODE_EXTRA_CA_CERTS: system, ...process.env } : process.env;
  const done = spawnSync("npm", ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"], { cwd: here, env, stdio: ["ignore", "ignore", "inherit"] });
  if (done.status !== 0) process.exit(1);
  writeFileSync(mark, lock);
}
