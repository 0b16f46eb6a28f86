// SPDX-License-Identifier: Apache-2.0
// The file of one incident: clock and duties, timeline, alerts, fields of the record, who and what beside.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { download, get, mayAct, patch, post } from "../lib/api";
import { number as format, pick, t, type Key } from "../lib/i18n";
import { bind } from "../lib/keys";
import { onChange } from "../lib/live";
import { query } from "../lib/router";
import { Safe } from "../lib/safe";
import { loadPeople, myName, people, say, sayFailure } from "../lib/state";
import { dateAndTime, full, ms, shortClock } from "../lib/time";
import type { Group, IncidentDetail, IncidentState } from "../lib/types";
import { Choice, Dialog, Failure, Field } from "../parts/dialog";
import { Duties } from "../parts/duties";
import { AlertView } from "../parts/evidence";
import { Ends, titleOf } from "../parts/group";
import { Icon, Severity, severityWord } from "../parts/icons";
import { useDetail } from "../parts/preview";
import { Timeline } from "../parts/timeline";

const STEPS: IncidentState[] = ["open", "acknowledged", "confirmed", "contained", "recovering", "closed"];
type Tab = "timeline" | "alerts" | "record";
type Asked = "state" | "assign" | "delivery" | "ended" | null;

export function IncidentPage({ number }: { number: string }): JSX.Element {
  const [detail, setDetail] = useState<IncidentDetail | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [asked, setAsked] = useState<Asked>(null);
  const load = (): Promise<void> => get<IncidentDetail>(`/incidents/${encodeURIComponent(number)}`).then((answer) => { setDetail(answer); setFailure(null); }, setFailure);
  useEffect(() => {
    void load();
    return onChange((topics) => {
      if (topics.has("incident") || topics.has("group") || topics.has("all")) void load();
    });
  }, [number]);
  useEffect(() => {
    document.title = `${number} · Hải Đăng`;
  });
  useEffect(() => bind([
    { code: "Period", shift: true, show: ">", words: "keys.nextState", act: () => mayAct() && setAsked("state") },
    { code: "KeyA", show: "A", words: "act.assign", act: () => mayAct() && setAsked("assign") },
    { code: "KeyR", show: "R", words: "act.delivery", act: () => mayAct() && setAsked("delivery") },
    { code: "KeyQ", show: "Q", words: "act.comment", act: () => document.getElementById("note")?.focus() },
  ]));
  if (failure !== null && !detail) return <div class="page"><h1>{number}</h1><Failure failure={failure} /></div>;
  if (!detail) return <div class="page"><h1 class="vh">{number}</h1><div class="bones" aria-busy="true" /></div>;
  const tab = tabOf(query.value.get("tab"));
  const finish = async (words: string): Promise<void> => {
    setAsked(null);
    say(words);
    await load();
  };
  return (
    <>
      <Head detail={detail} tab={tab} ask={setAsked} />
      <div class="cols">
        <div class="stack">
          {tab === "timeline" ? <><Duties detail={detail} ask={() => setAsked("delivery")} /><Timeline detail={detail} reload={load} /></> : null}
          {tab === "alerts" ? <Alerts groups={detail.groups} /> : null}
          {tab === "record" ? <Record detail={detail} done={finish} askEnded={() => setAsked("ended")} /> : null}
        </div>
        <Side detail={detail} />
      </div>
      {mayAct() && tab === "timeline" ? <div class="dock"><button type="button" class="btn" onClick={() => document.getElementById("note")?.focus()}>{t("act.comment")}</button><button type="button" class="btn pri" onClick={() => setAsked("state")}>{t("act.state")}</button></div> : null}
      <Dialogs detail={detail} asked={asked} close={() => setAsked(null)} finish={finish} />
    </>
  );
}

const tabOf = (text: string | null): Tab => (text === "alerts" || text === "record" ? text : "timeline");

function Head({ detail, tab, ask }: { detail: IncidentDetail; tab: Tab; ask: (what: Asked) => void }): JSX.Element {
  const { incident } = detail;
  const technique = detail.groups.find((group) => group.technique)?.technique ?? "";
  const tabs: [Tab, string][] = [["timeline", t("incident.timeline")], ["alerts", t("incident.alerts", { n: detail.groups.length })], ["record", t("incident.record")]];
  const kind = pick(incident.kind_vi, incident.kind_en);
  return (
    <div class="head">
      <div class="crumb">
        <span class="mono">{incident.number}</span><Severity severity={incident.severity} isBox />
        {incident.system_level > 0 ? <span class="tag">{t("incident.level", { n: incident.system_level })}</span> : null}
        <span class="tag line"><Safe text={technique ? `${kind} · ${technique}` : kind} /></span>
        {incident.is_provisional ? <span class="tag">{t("incident.provisional")}</span> : null}
      </div>
      <div class="title">
        <h1><Safe text={incident.title} /></h1>
        <div class="r">
          <button type="button" class="btn ghost" onClick={() => print()}>{t("act.print")}</button>
          {mayAct() ? <button type="button" class="btn" onClick={() => ask("assign")}>{t("act.assign")} <kbd>A</kbd></button> : null}
          {mayAct() && detail.moves.length > 0 ? <button type="button" class="btn pri" onClick={() => ask("state")}>{t("act.state")} <kbd>&gt;</kbd></button> : null}
        </div>
      </div>
      <Steps detail={detail} />
      <nav class="tabs" aria-label={t("incident.parts")}>
        {tabs.map(([name, words]) => <a key={name} aria-current={tab === name ? "page" : undefined} href={`/incidents/${incident.number}${name === "timeline" ? "" : `?tab=${name}`}`}>{words}</a>)}
      </nav>
    </div>
  );
}

/// When each state was reached, and by whom: from the timeline, never from memory.
function Steps({ detail }: { detail: IncidentDetail }): JSX.Element {
  const reached = new Map<string, { at: string; who: string }>([["open", { at: detail.incident.opened, who: "" }]]);
  for (const entry of detail.timeline) {
    if (entry.kind !== "state") continue;
    const to = (readJson(entry.body)["to"] ?? "") as string;
    reached.set(to, { at: entry.at, who: entry.author_name });
  }
  const { state } = detail.incident;
  if (state === "rejected" || state === "merged") return <p class="outside"><b>{t(`state.${state}` as Key)}</b> · {dateAndTime(ms(detail.incident.state_since))}</p>;
  const at = STEPS.indexOf(state);
  return (
    <ol class="steps" aria-label={t("incidents.state")}>
      {STEPS.map((step, index) => {
        const when = reached.get(step);
        const mark = index < at ? "done" : index === at ? "cur" : "";
        const time = when ? (index === 0 ? dateAndTime(ms(when.at)) : shortClock(ms(when.at))) : "";
        return (
          <li key={step} class={mark || undefined} aria-current={index === at ? "step" : undefined}>
            <b>{t(`state.${step}` as Key)}</b>
            <span class="when">{index === at ? t("incident.since", { time: dateAndTime(ms(detail.incident.state_since)) }) : index < at && when ? [time, when.who].filter(Boolean).join(" · ") : "\u00a0"}</span>
          </li>
        );
      })}
    </ol>
  );
}

export function readJson(text: string): Record<string, unknown> {
  if (!text.startsWith("{")) return {};
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function Side({ detail }: { detail: IncidentDetail }): JSX.Element {
  const { incident } = detail;
  return (
    <aside class="stack side" aria-label={t("incident.about")}>
      <div class="panel"><h2>{t("incident.people")}</h2><dl class="kv">
        <dt>{t("incident.handler")}</dt><dd>{incident.owner ? incident.owner_name : <span class="faint">{t("incidents.nobody")}</span>}</dd>
        <dt>{t("incident.openedBy")}</dt><dd>{incident.opened_by.startsWith("policy:") ? t("incident.byPolicy", { name: incident.opened_by.slice(7) }) : incident.opened_by}</dd>
      </dl></div>
      <div class="panel"><h2>{t("incident.systemHead")}</h2><dl class="kv">
        <dt>{t("incident.host")}</dt><dd><Safe text={incident.victim === "*" ? t("incident.several") : incident.victim} isMono /></dd>
        <dt>{t("incident.system")}</dt><dd>{incident.system ? <Safe text={incident.system} /> : <span class="faint">{t("incident.unknown")}</span>}</dd>
        <dt>{t("incident.levelWord")}</dt><dd>{incident.system_level > 0 ? format(incident.system_level) : <span class="faint">{t("incident.unclassified")}</span>}</dd>
        <dt>{t("group.source")}</dt><dd><Safe text={incident.attacker === "*" ? t("incident.several") : incident.attacker} isMono /></dd>
      </dl></div>
      <div class="panel"><h2>{t("incident.observables")}</h2>
        {detail.observables.length === 0 ? <p class="faint">{t("incident.noObservables")}</p> : null}
        <ul class="obs">{detail.observables.slice(0, 8).map((one) => <li key={one.type + one.value}><Safe text={one.value} isMono /><span class="n">{one.type.toUpperCase()} · {t("incident.times", { n: one.count })}</span></li>)}</ul>
      </div>
      <div class="panel"><h2>{t("incident.reports")}</h2>
        <p class="files"><Icon name="file" size={14} />{t("incident.form03")}</p>
        <ul class="forms">{FORMS.map((form) => <li key={form.name}><ReportButton number={incident.number} form={form} /></li>)}</ul>
      </div>
    </aside>
  );
}

const FORMS = [{ name: "pdf", words: "PDF", suffix: "pdf" }, { name: "markdown", words: "Markdown", suffix: "md" }, { name: "json", words: "JSON", suffix: "json" }];

function ReportButton({ number, form }: { number: string; form: typeof FORMS[number] }): JSX.Element {
  const [isBusy, setBusy] = useState(false);
  const save = async (): Promise<void> => {
    setBusy(true);
    try {
      await download(`/incidents/${number}/report?form=${form.name}`, `${number}.${form.suffix}`);
    } catch (failure) {
      sayFailure(failure);
    }
    setBusy(false);
  };
  return <button type="button" class="btn" disabled={isBusy} aria-label={`${t("incident.form03")}, ${form.words}`} onClick={() => void save()}><Icon name="down" size={12} />{form.words}</button>;
}

function Alerts({ groups }: { groups: Group[] }): JSX.Element {
  const [picked, setPicked] = useState<number>(groups[0]?.id ?? 0);
  return (
    <section class="panel" aria-labelledby="alerts-head">
      <header><h2 id="alerts-head">{t("incident.groups")}</h2></header>
      {groups.length === 0 ? <p class="pad dim">{t("incident.noGroups")}</p> : null}
      <ul class="joined">{groups.map((group) => (
        <li key={group.id}>
          <button type="button" aria-expanded={picked === group.id} onClick={() => setPicked(picked === group.id ? 0 : group.id)}>
            <span class={`g s${group.severity}`}><Severity severity={group.severity} /></span>
            <span class="what"><b><Safe text={titleOf(group)} /></b><small><Ends group={group} /> · {group.sensor}</small></span>
            <span class="num">{t("act.alerts", { n: group.count })}</span>
          </button>
          {picked === group.id ? <Evidence group={group} /> : null}
        </li>
      ))}</ul>
    </section>
  );
}

function Evidence({ group }: { group: Group }): JSX.Element {
  const detail = useDetail(group.id, group.version);
  const [at, setAt] = useState(0);
  if (!detail) return <div class="bones" aria-busy="true" />;
  const sample = detail.samples[at];
  return (
    <div class="evidence">
      <p class="dim"><a href={`/groups/${group.id}`}>{t("incident.openGroup")}</a> · {t("group.samplesOf", { n: detail.samples.length, all: group.count })}
        {detail.samples.length > 1 ? <> · <button type="button" class="link" disabled={at === 0} onClick={() => setAt(at - 1)}>{t("incident.newer")}</button> · <button type="button" class="link" disabled={at >= detail.samples.length - 1} onClick={() => setAt(at + 1)}>{t("incident.older")}</button></> : null}</p>
      {sample ? <AlertView key={sample.id} alert={sample} /> : null}
    </div>
  );
}

function Record({ detail, done, askEnded }: { detail: IncidentDetail; done: (words: string) => Promise<void>; askEnded: () => void }): JSX.Element {
  const { incident } = detail;
  const [failure, setFailure] = useState<unknown>(null);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string): string => String(form.get(name) ?? "");
    try {
      await patch(`/incidents/${incident.number}`, { version: incident.version, title: text("title"), summary: text("summary"), kind: text("kind"), severity: Number(text("severity")),
        system: text("system"), measures: text("measures"), cause: text("cause"), lessons: text("lessons") });
      setFailure(null);
      await done(t("incident.saved"));
    } catch (problem) {
      setFailure(problem);
    }
  };
  const canEnd = mayAct() && !incident.response_ended && (incident.state === "contained" || incident.state === "recovering");
  return (
    <section class="panel" aria-labelledby="record-head">
      <header><h2 id="record-head">{t("incident.record")}</h2><span class="r">{t("incident.version", { n: incident.version })}</span></header>
      <form key={incident.version} class="pad" onSubmit={(event) => void submit(event)}>
        <fieldset disabled={!mayAct()}>
          <Field label={t("field.title")} name="title" value={incident.title} isRequired />
          <Field label={t("field.summary")} name="summary" value={incident.summary} isLong />
          <Choice label={t("field.kind")} name="kind" value={incident.kind} options={detail.kinds.map((kind) => ({ value: kind.id, words: pick(kind.vi, kind.en) }))} />
          <Choice label={t("col.severity")} name="severity" value={String(incident.severity)} options={[1, 2, 3, 4].map((one) => ({ value: String(one), words: severityWord(one) }))} />
          <Field label={t("field.system")} name="system" value={incident.system} hint={t("field.systemHint")} />
          <Field label={t("field.measures")} name="measures" value={incident.measures} isLong />
          <Field label={t("field.cause")} name="cause" value={incident.cause} isLong />
          <Field label={t("field.lessons")} name="lessons" value={incident.lessons} isLong />
          {failure !== null ? <Failure failure={failure} /> : null}
          <p class="row-acts"><button type="submit" class="btn pri">{t("act.save")}</button>
            {canEnd ? <button type="button" class="btn" onClick={askEnded}>{t("act.ended")}</button> : null}</p>
        </fieldset>
        {incident.response_ended ? <p class="dim">{t("incident.ended", { time: full(ms(incident.response_ended)) })}</p> : null}
        {incident.reported_at ? <p class="dim">{t("incident.reported", { time: full(ms(incident.reported_at)) })} <Safe text={incident.report_proof} /></p> : null}
      </form>
    </section>
  );
}

interface DialogsProps { detail: IncidentDetail; asked: Asked; close: () => void; finish: (words: string) => Promise<void> }

function Dialogs({ detail, asked, close, finish }: DialogsProps): JSX.Element | null {
  const { incident } = detail;
  const base = `/incidents/${incident.number}`;
  if (asked === "state") return <StateDialog detail={detail} close={close} finish={finish} />;
  if (asked === "assign") return <AssignDialog owner={incident.owner} close={close} onSubmit={async (owner) => { await post(`${base}/assign`, { owner, version: incident.version }); await finish(t("act.assigned")); }} />;
  if (asked === "delivery") {
    return (
      <Dialog title={t("act.delivery")} action={t("act.record")} onClose={close} note={t("act.deliveryNote")} onSubmit={async (form) => { await post(`${base}/delivery`, { proof: String(form.get("proof")), version: incident.version }); await finish(t("act.delivered")); }}>
        <Field label={t("act.proof")} name="proof" isRequired hint={t("act.proofHint")} />
      </Dialog>
    );
  }
  if (asked === "ended") {
    return (
      <Dialog title={t("act.ended")} action={t("act.record")} onClose={close} onSubmit={async (form) => { await post(`${base}/response-ended`, { note: String(form.get("note")), version: incident.version }); await finish(t("act.recorded")); }}>
        <Field label={t("act.endedProof")} name="note" isLong isRequired />
      </Dialog>
    );
  }
  return null;
}

function AssignDialog({ owner, close, onSubmit }: { owner: string; close: () => void; onSubmit: (owner: string) => Promise<void> }): JSX.Element {
  useEffect(() => void loadPeople(), []);
  return (
    <Dialog title={t("act.assign")} action={t("act.assign")} onClose={close} onSubmit={(form) => onSubmit(String(form.get("owner") ?? ""))}>
      {people.value.length > 0 ? <Choice label={t("incident.handler")} name="owner" value={owner || myName()} options={people.value.map((one) => ({ value: one.name, words: one.full_name || one.name }))} /> : null}
    </Dialog>
  );
}

/// All that is missing for the chosen state is asked for at once.
function StateDialog({ detail, close, finish }: { detail: IncidentDetail; close: () => void; finish: (words: string) => Promise<void> }): JSX.Element {
  const forward = detail.moves.find((move) => STEPS.indexOf(move.to) === STEPS.indexOf(detail.incident.state) + 1) ?? detail.moves[0];
  const [to, setTo] = useState<IncidentState | "">(forward?.to ?? "");
  const move = detail.moves.find((one) => one.to === to);
  const lacks = (field: string): boolean => move?.lacks.some((lack) => lack.field === field) ?? false;
  const others = (move?.lacks ?? []).filter((lack) => !["measures", "cause", "lessons", "system", "kind", "owner"].includes(lack.field));
  const submit = async (form: FormData): Promise<void> => {
    const body: Record<string, unknown> = { to, version: detail.incident.version };
    for (const name of ["note", "reason", "measures", "cause", "lessons", "system"]) {
      const text = String(form.get(name) ?? "");
      if (text) body[name] = text;
    }
    await post(`/incidents/${detail.incident.number}/state`, body);
    await finish(t("act.stateSet", { state: t(`state.${to}` as Key) }));
  };
  const reasons = ["false_positive", "harmless", "authorised", "test"].map((value) => ({ value, words: t(`reason.${value}` as Key) }));
  return (
    <Dialog title={t("act.state")} action={t("act.stateNow")} onClose={close} onSubmit={submit}>
      <fieldset class="moves"><legend>{t("act.stateTo")}</legend>
        {detail.moves.map((one) => <label key={one.to}><input type="radio" name="to" value={one.to} checked={one.to === to} onChange={() => setTo(one.to)} />{t(`state.${one.to}` as Key)}</label>)}
      </fieldset>
      {lacks("system") ? <Field label={t("field.system")} name="system" isRequired hint={t("field.systemHint")} /> : null}
      {lacks("measures") ? <Field label={t("field.measures")} name="measures" isLong isRequired /> : null}
      {lacks("cause") ? <Field label={t("field.cause")} name="cause" isLong isRequired /> : null}
      {lacks("lessons") ? <Field label={t("field.lessons")} name="lessons" isLong isRequired /> : null}
      {to === "rejected" ? <Choice label={t("act.reason")} name="reason" options={reasons} /> : null}
      {others.length > 0 ? <div class="failure"><b>{t("state.lacks")}</b><ul>{others.map((lack) => <li key={lack.field}>{pick(lack.vi, lack.en)}</li>)}</ul></div> : null}
      <Field label={t("act.note")} name="note" isLong />
    </Dialog>
  );
}
