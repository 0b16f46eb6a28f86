// SPDX-License-Identifier: Apache-2.0
// Sensors: can we trust what we do not see? The fleet, worst first; of one sensor the packet ledger, the alert ledger, the tap.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, me, post } from "../lib/api";
import { figure, number, percent, t, type Key } from "../lib/i18n";
import { bind } from "../lib/keys";
import { onChange } from "../lib/live";
import { go } from "../lib/router";
import { Safe } from "../lib/safe";
import { say } from "../lib/state";
import { age, full, large, ms, shortClock, span } from "../lib/time";
import type { Health, Json, Ledger, Sensor, SensorList } from "../lib/types";
import { now } from "../lib/view";
import { Dialog, Failure } from "../parts/dialog";
import { LampShape, lampOf } from "../parts/icons";

const WORST = ["blind", "overloaded", "one_way", "silent", "stopped", "isolated", "loss", "doubtful", "waiting", "new", "normal", "revoked"];
const lost = (health: Health): number => health.lost_card + health.lost_ring + health.lost_sensor;

/// Parts per million up to 1000, then per cent; never 0 for something.
export function lossText(health: Health): string {
  if (lost(health) === 0 || health.packets === 0) return "0";
  const ppm = (lost(health) / health.packets) * 1e6;
  if (ppm < 1) return "< 1";
  return ppm <= 1000 ? number(ppm) : percent(ppm / 1e6, 2);
}
const wordOf = (sensor: Sensor): string => t(`word.${sensor.word}` as Key);

function Lamp({ sensor }: { sensor: Sensor }): JSX.Element {
  const lamp = lampOf(sensor.word);
  return <span class={`lamp ${lamp}`}><LampShape lamp={lamp} />{wordOf(sensor)}</span>;
}

export function Sensors({ name }: { name: string }): JSX.Element {
  const [sensors, setSensors] = useState<Sensor[] | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  useEffect(() => {
    const load = (): void => void get<SensorList>("/sensors").then((answer) => {
      setSensors([...answer.sensors].sort((a, b) => WORST.indexOf(a.word) - WORST.indexOf(b.word) || (a.name < b.name ? -1 : 1)));
      setFailure(null);
    }, setFailure);
    load();
    const timer = setInterval(() => !document.hidden && load(), 15_000);
    const stop = onChange((topics) => {
      if (topics.has("sensor") || topics.has("all")) load();
    });
    return () => {
      clearInterval(timer);
      stop();
    };
  }, []);
  const rows = sensors ?? [];
  const selected = rows.find((one) => one.name === name) ?? rows[0];
  const move = (by: number): void => {
    const next = rows[rows.findIndex((one) => one === selected) + by];
    if (next) go(`/sensors/${encodeURIComponent(next.name)}`, "replace");
  };
  useEffect(() => bind([{ code: "KeyJ", show: "J", words: "keys.next", act: () => move(1) }, { code: "KeyK", show: "K", words: "keys.previous", act: () => move(-1) }]));
  useEffect(() => {
    document.title = `${t("nav.sensors")} · Hải Đăng`;
  });
  const bits = rows.reduce((sum, one) => sum + (one.health?.bits_per_second ?? 0), 0);
  const troubled = rows.filter((one) => one.word !== "normal" && one.word !== "revoked").length;
  return (
    <div class="page">
      <div class="ph"><h1>{t("nav.sensors")}</h1><span class="sum">{t("sensors.sum", { n: rows.length, rate: number(bits / 1e9, 2) })}{troubled > 0 ? ` · ${t("sensors.troubled", { n: troubled })}` : ""}</span></div>
      {failure !== null ? <Failure failure={failure} /> : null}
      {sensors && rows.length === 0 ? <div class="panel empty"><p>{t("sensors.none")}</p><p class="dim">{t("sensors.noneHow")}</p></div> : null}
      {rows.length > 0 ? <Fleet rows={rows} selected={selected} /> : null}
      {selected ? <One key={selected.name} sensor={selected} /> : null}
    </div>
  );
}

function Fleet({ rows, selected }: { rows: Sensor[]; selected: Sensor | undefined }): JSX.Element {
  return (
    <section class="panel clip" aria-label={t("sensors.fleet")}>
      <table class="tbl fleet">
        <thead><tr><th>{t("sensors.state")}</th><th>{t("sensors.name")}</th><th class="num">Gbit/s</th><th class="num">{t("sensors.kpps")}</th><th class="num">{t("sensors.loss")}</th><th class="num">{t("sensors.lossTap")}</th><th class="num">{t("sensors.oneWay")}</th><th class="num">{t("sensors.pending")}</th><th class="num">{t("sensors.seen")}</th></tr></thead>
        <tbody>{rows.map((sensor) => <FleetRow key={sensor.name} sensor={sensor} isSelected={sensor === selected} />)}</tbody>
      </table>
    </section>
  );
}

function FleetRow({ sensor, isSelected }: { sensor: Sensor; isSelected: boolean }): JSX.Element {
  const health = sensor.word === "silent" ? null : sensor.health;
  const isLosing = health !== null && lost(health) > 0;
  const dash = <span class="faint">–</span>;
  return (
    <tr class={isSelected ? "on" : undefined}>
      <td data-l={t("sensors.state")}><Lamp sensor={sensor} /></td>
      <td data-l={t("sensors.name")}><a class="mono" href={`/sensors/${encodeURIComponent(sensor.name)}`} aria-current={isSelected ? "true" : undefined}><b>{sensor.name}</b></a><small><Safe text={sensor.site || sensor.software} /></small></td>
      <td class="num" data-l="Gbit/s"><b>{health ? figure(health.bits_per_second / 1e9, 2) : dash}</b></td>
      <td class="num" data-l={t("sensors.kpps")}>{health ? number(health.packets_per_second / 1000, health.packets_per_second < 10_000 ? 1 : 0) : dash}</td>
      <td class="num" data-l={t("sensors.loss")}><b class={isLosing ? "warn" : undefined}>{health ? lossText(health) : dash}</b></td>
      <td class="num" data-l={t("sensors.lossTap")}>{health ? <span class={health.missed_bytes_ratio > 1e-4 ? "warn" : undefined}>{percent(health.missed_bytes_ratio, 2)}</span> : dash}</td>
      <td class="num" data-l={t("sensors.oneWay")}>{health ? <span class={health.one_way_ratio > 0.1 ? "bad" : undefined}>{percent(health.one_way_ratio)}</span> : dash}</td>
      <td class="num" data-l={t("sensors.pending")}>{number(sensor.pending)}</td>
      <td class="num" data-l={t("sensors.seen")} title={sensor.last_seen ? full(ms(sensor.last_seen)) : undefined}>{sensor.last_seen ? (sensor.word === "silent" ? t("sensors.since", { time: shortClock(ms(sensor.last_seen)) }) : age(ms(sensor.last_seen), now.value)) : dash}</td>
    </tr>
  );
}

function One({ sensor }: { sensor: Sensor }): JSX.Element {
  return (
    <div class="det">
      <div class="stack">
        {sensor.health ? <PacketLedger sensor={sensor} health={sensor.health} /> : <section class="panel pad"><h2 class="small-head">{sensor.name}</h2><p>{t("sensors.noHealth")}</p></section>}
        <AlertLedger sensor={sensor} />
      </div>
      <div class="stack">
        {sensor.health ? <TapCheck sensor={sensor} health={sensor.health} /> : null}
        <About sensor={sensor} />
      </div>
    </div>
  );
}

const FATES = [["inspected", "fate.inspected", "fate.inspectedNote"], ["shunted", "fate.shunted", "fate.shuntedNote"], ["filtered", "fate.filtered", "fate.filteredNote"], ["lost_card", "fate.card", "fate.cardNote"],
  ["lost_ring", "fate.ring", "fate.ringNote"], ["lost_sensor", "fate.own", "fate.ownNote"]] as const;

function share(value: number, all: number): string {
  if (value === 0 || all === 0) return percent(0, 0);
  return value / all < 1e-6 ? "< 1 ppm" : percent(value / all, 4);
}

function PacketLedger({ sensor, health }: { sensor: Sensor; health: Health }): JSX.Element {
  const gone = lost(health);
  const parts: readonly { key: typeof FATES[number][0]; value: number }[] = FATES.map(([key]) => ({ key, value: health[key] }));
  const ppm = health.packets > 0 ? (gone / health.packets) * 1e6 : 0;
  const say_ = gone === 0 ? t("ledger.nothingLost", { span: span(health.up_seconds) }) : t("ledger.lost", { n: large(gone), span: span(health.up_seconds), ppm: ppm < 1 ? "< 1" : number(ppm) });
  return (
    <section class="panel" aria-labelledby="ledger-head">
      <header><h2 id="ledger-head"><span class="mono">{sensor.name}</span>, {t("ledger.title")}</h2><span class={`tag ${health.sums ? "acc" : "broken"}`}>{t(health.sums ? "ledger.sums" : "ledger.differs")}</span><span class="r">{t("ledger.sinceStart")}</span></header>
      <div class="pad">
        <p class="say">{say_}{gone > 0 ? ` ${t(worstKey(health))}` : ""}</p>
        <div class="lb1"><span>{t("ledger.all")}</span><span>{percent(1, 0)}</span></div>
        <div class="led" role="img" aria-label={t("ledger.allBar", { inspected: share(health.inspected, health.packets), lost: share(gone, health.packets) })}>
          {parts.slice(0, 3).map((part) => (part.value > 0 ? <i key={part.key} class={`f-${part.key}`} style={{ flex: `${part.value / health.packets}` }} /> : null))}
          {gone > 0 ? <i class="f-lost_ring" style={{ flex: `${Math.max(gone / health.packets, 0.006)}` }} /> : null}
        </div>
        {gone > 0 ? (
          <>
            <svg class="fan" viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true"><path d="M99.4 0L0 20H100V0z" /></svg>
            <div class="led" role="img" aria-label={t("ledger.lostBar")}>{parts.slice(3).map((part) => (part.value > 0 ? <i key={part.key} class={`f-${part.key}`} style={{ flex: `${part.value / gone}` }} /> : null))}</div>
            <div class="lb1 under"><span>{t("ledger.lostPart")}</span><span>{t("ledger.lostSum", { share: share(gone, health.packets), n: gone })}</span></div>
          </>
        ) : null}
        <table class="sumt">
          <caption class="vh">{t("ledger.title")}</caption>
          <tbody>
            <tr class="tot"><th scope="row">{t("ledger.received")}</th><td class="num">{number(health.packets)}</td><td class="num p">{percent(1, 0)}</td></tr>
            {FATES.map(([key, words, note]) => <tr key={key}><th scope="row"><span class={`sw f-${key}`} />{t(words)} <small>{t(note)}</small></th><td class="num">{number(health[key])}</td><td class="num p">{share(health[key], health.packets)}</td></tr>)}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function worstKey(health: Health): Key {
  if (health.lost_ring >= health.lost_card && health.lost_ring >= health.lost_sensor) return "ledger.mostRing";
  return health.lost_card >= health.lost_sensor ? "ledger.mostCard" : "ledger.mostOwn";
}

function AlertLedger({ sensor }: { sensor: Sensor }): JSX.Element {
  const [ledger, setLedger] = useState<Ledger | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  useEffect(() => void get<Ledger>(`/sensors/${encodeURIComponent(sensor.name)}/ledger`).then(setLedger, setFailure), [sensor.name, sensor.stored, sensor.pending]);
  const isGood = ledger !== null && ledger.violations.length === 0;
  return (
    <section class="panel" aria-labelledby="alerts-ledger">
      <header><h2 id="alerts-ledger">{t("alertLedger.title")}</h2>{ledger ? <span class={`tag ${isGood ? "acc" : "broken"}`}>{t(isGood ? "alertLedger.holds" : "alertLedger.broken")}</span> : null}</header>
      <div class="pad">
        {failure !== null ? <Failure failure={failure} /> : null}
        {ledger ? (
          <table class="sumt"><caption class="vh">{t("alertLedger.title")}</caption><tbody>
            <tr class="tot"><th scope="row">{t("alertLedger.generated")}</th><td class="num">{number(ledger.generated)}</td></tr>
            <tr><th scope="row">{t("alertLedger.stored")}</th><td class="num">{number(ledger.stored)}</td></tr>
            <tr><th scope="row">{t("alertLedger.pending")}</th><td class="num">{number(ledger.pending)}</td></tr>
            <tr><th scope="row">{t("alertLedger.shed")}</th><td class="num">{number(ledger.shed)}</td></tr>
          </tbody></table>
        ) : null}
        {(ledger?.violations ?? []).map((line) => <p key={line} class="bad">{line}</p>)}
        {(ledger?.unknown ?? []).map((line) => <p key={line} class="dim">{line}</p>)}
      </div>
    </section>
  );
}

const read = (value: Json | undefined, ...keys: string[]): Json | undefined => {
  let at: Json | undefined = value;
  for (const key of keys) at = typeof at === "object" && at !== null && !Array.isArray(at) ? at[key] : undefined;
  return at;
};
const asNumber = (value: Json | undefined): number => (typeof value === "number" ? value : 0);

function TapCheck({ sensor, health }: { sensor: Sensor; health: Health }): JSX.Element {
  const { status } = health;
  const collector = read(status, "collector"), rules = read(status, "rules");
  const reasons = Array.isArray(status["reasons"]) ? status["reasons"] : [];
  const checks: { lamp: "ok" | "warn" | "bad"; title: string; note: string; value: string }[] = [
    { lamp: health.one_way_ratio > 0.1 ? "bad" : "ok", title: t("tap.both"), note: t(health.one_way_ratio > 0.1 ? "tap.bothBad" : "tap.bothNote"), value: percent(health.one_way_ratio) },
    { lamp: health.missed_bytes_ratio > 1e-4 ? "warn" : "ok", title: t("tap.missed"), note: t(health.missed_bytes_ratio > 1e-4 ? "tap.missedBad" : "tap.missedNote"), value: percent(health.missed_bytes_ratio, 2) },
    { lamp: lost(health) > 0 ? "warn" : "ok", title: t("tap.loss"), note: t("tap.lossNote"), value: lossText(health) },
    { lamp: asNumber(read(rules, "refused")) > 0 ? "warn" : "ok", title: t("tap.rules"), note: t("tap.rulesNote", { n: asNumber(read(rules, "refused")) }), value: number(asNumber(read(rules, "loaded"))) },
  ];
  if (collector !== undefined) {
    const isUp = read(collector, "up") === true;
    checks.push({ lamp: isUp ? "ok" : "warn", title: t("tap.link"), note: isUp ? t("tap.linkNote", { ms: number(asNumber(read(collector, "rtt_seconds")) * 1000, 1) }) : t("tap.linkDown"), value: number(asNumber(read(collector, "unacknowledged"))) });
  }
  return (
    <section class="panel" aria-labelledby="tap-head">
      <header><h2 id="tap-head">{t("tap.title")}</h2><span class="r">{sensor.last_seen ? t("tap.measured", { time: shortClock(ms(sensor.last_seen)) }) : ""}</span></header>
      <div class="pad tight"><ul class="checks">{checks.map((check) => (
        <li key={check.title}><span class={check.lamp}><LampShape lamp={check.lamp} /><span class="vh">{t(`lamp.${check.lamp}` as Key)}</span></span><div>{check.title}<small>{check.note}</small></div><span class={`v ${check.lamp === "ok" ? "" : check.lamp}`}>{check.value}</span></li>
      ))}{reasons.map((reason, index) => (
        <li key={index}><span class="warn"><LampShape lamp="warn" /><span class="vh">{t("lamp.warn")}</span></span><div lang="en"><Safe text={String(read(reason, "why") ?? "")} /><small><Safe text={String(read(reason, "advice") ?? "")} /></small></div><span class="v" /></li>
      ))}</ul></div>
    </section>
  );
}

function About({ sensor }: { sensor: Sensor }): JSX.Element {
  const [asked, setAsked] = useState<"active" | "revoked" | null>(null);
  const isAdmin = me.value?.role === "admin";
  return (
    <section class="panel pad" aria-labelledby="about-head">
      <h2 class="small-head" id="about-head">{t("sensors.about")}</h2>
      <dl class="kv wide"><div><dt>{t("sensors.software")}</dt><dd><Safe text={sensor.software || "–"} /></dd></div><div><dt>{t("sensors.key")}</dt><dd class="mono"><Safe text={sensor.key || "–"} /></dd></div><div><dt>{t("sensors.joined")}</dt><dd>{full(ms(sensor.created))}</dd></div></dl>
      {isAdmin ? <p class="row-acts">{sensor.state === "waiting" ? <button type="button" class="btn pri" onClick={() => setAsked("active")}>{t("sensors.confirm")}</button> : null}
        {sensor.state !== "revoked" ? <button type="button" class="btn" onClick={() => setAsked("revoked")}>{t("sensors.revoke")}</button> : null}</p> : null}
      {asked ? <Dialog title={t(asked === "active" ? "sensors.confirm" : "sensors.revoke")} action={t(asked === "active" ? "sensors.confirm" : "sensors.revoke")} note={t(asked === "active" ? "sensors.confirmNote" : "sensors.revokeNote", { name: sensor.name })} onClose={() => setAsked(null)}
        onSubmit={async () => { await post(`/sensors/${encodeURIComponent(sensor.name)}/state`, { state: asked }); setAsked(null); say(t("act.recorded")); }} /> : null}
    </section>
  );
}
