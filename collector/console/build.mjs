// SPDX-License-Identifier: Apache-2.0
// Builds the console into build/console (or the folder given): hashed names, each file gzipped beside itself. Does nothing when
// the sources are those of the last build. Installs the exact packages of package-lock.json when they are missing.
//   node build.mjs [OUT] [--check]     --check: types too
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, "../..");
const wants = process.argv.slice(2);
const out = resolve(wants.find((word) => !word.startsWith("--")) ?? join(root, "build", "console"));

function filesBelow(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => (entry.isDirectory() ? filesBelow(join(folder, entry.name)) : [join(folder, entry.name)]));
}

function hashOfSources() {
  const hash = createHash("sha256");
  for (const file of [join(here, "build.mjs"), join(here, "package-lock.json"), join(here, "tsconfig.json"), ...filesBelow(join(here, "src"))]) {
    hash.update(relative(here, file)).update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex");
}

/** Certificates that this machine trusts count too: networks of agencies often have one of their own. */
function trusting(env) {
  const system = "/etc/ssl/certs/ca-certificates.crt";
  return existsSync(system) ? { NODE_EXTRA_CA_CERTS: system, ...env } : env;
}

function run(command, args) {
  const done = spawnSync(command, args, { cwd: here, env: trusting(process.env), stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
  if (done.status !== 0) {
    process.stderr.write(`console: ${command} ${args.join(" ")} failed\n${done.stdout ?? ""}${done.stderr ?? ""}\n`);
    process.exit(1);
  }
}

function install() {
  const lock = createHash("sha256").update(readFileSync(join(here, "package-lock.json"))).digest("hex");
  const mark = join(here, "node_modules", ".haidang-lock");
  if (existsSync(mark) && readFileSync(mark, "utf8") === lock) return;
  run("npm", ["ci", "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"]);
  writeFileSync(mark, lock);
}

const page = (names) => `<!doctype html>
<html lang="vi">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>Hải Đăng</title>
<link rel="icon" href="/assets/${names.icon}" type="image/svg+xml">
<script src="/assets/${names.boot}"></script>
<link rel="stylesheet" href="/assets/${names.style}">
<script type="module" src="/assets/${names.main}"></script>
</head>
<body>
<div id="app"></div>
<noscript><p lang="vi">Giao diện này cần JavaScript.</p><p lang="en">This console needs JavaScript.</p></noscript>
</body>
</html>
`;

async function build(target) {
  const { build: bundle } = await import("esbuild");
  const shared = { bundle: true, minify: true, target: ["chrome109", "firefox115", "safari16"], legalComments: "none", charset: "utf8", metafile: true, absWorkingDir: here,
    outdir: join(target, "assets"), entryNames: "[name]-[hash]", logLevel: "warning" };
  const app = await bundle({ ...shared, entryPoints: ["src/main.tsx", "src/app.css"], format: "esm", jsx: "automatic", jsxImportSource: "preact", loader: { ".svg": "file" } });
  const boot = await bundle({ ...shared, entryPoints: ["src/boot.ts"], format: "iife" });
  const names = {};
  for (const [file, entry] of [...Object.entries(app.metafile.outputs), ...Object.entries(boot.metafile.outputs)]) {
    const name = file.split("/").pop();
    if (entry.entryPoint === "src/main.tsx") names.main = name;
    if (entry.entryPoint === "src/app.css") names.style = name;
    if (entry.entryPoint === "src/boot.ts") names.boot = name;
  }
  const icon = readFileSync(join(here, "src", "icon.svg"));
  names.icon = `icon-${createHash("sha256").update(icon).digest("hex").slice(0, 8).toUpperCase()}.svg`;
  writeFileSync(join(target, "assets", names.icon), icon);
  writeFileSync(join(target, "index.html"), page(names));
  for (const file of filesBelow(target)) writeFileSync(`${file}.gz`, gzipSync(readFileSync(file), { level: 9 }));
}

const hash = hashOfSources();
const mark = join(out, ".hash");
if (wants.includes("--check")) {
  install();
  run(join(here, "node_modules", ".bin", "tsc"), ["--noEmit", "-p", "."]);
}
if (existsSync(mark) && readFileSync(mark, "utf8") === hash) process.exit(0);
install();
const fresh = `${out}.${process.pid}`;
mkdirSync(join(fresh, "assets"), { recursive: true });
await build(fresh);
writeFileSync(join(fresh, ".hash"), hash);
rmSync(out, { recursive: true, force: true });
renameSync(fresh, out);
const sizes = filesBelow(out).filter((file) => file.endsWith(".gz")).map((file) => readFileSync(file).length);
process.stdout.write(`console: built into ${relative(root, out)}, ${Math.round(sizes.reduce((a, b) => a + b, 0) / 1000)} kB gzipped\n`);
