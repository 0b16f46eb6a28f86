// SPDX-License-Identifier: Apache-2.0
// The inbox: alert groups that wait for a decision, with a preview beside. Rows never move under the reader: what is new waits
// behind a counter, what someone else decided stays struck until asked.
import type { JSX } from "preact";
import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import { get, wordsOf } from "../lib/api";
import { number, t, type Key } from "../lib/i18n";
import { bind } from "../lib/keys";
import { onChange } from "../lib/live";
import { go, query, setQuery } from "../lib/router";
import { Safe } from "../lib/safe";
import { status } from "../lib/state";
import { age, clock, full, ms } from "../lib/time";
import type { Group, GroupList } from "../lib/types";
import { now } from "../lib/view";
import { ActDialogs, ask, decisionText, Ends, isOld, spreadText, take, titleOf, waitLong, waitText, type Act } from "../parts/group";
import { Icon, SeverityShape, severityWord, Spark } from "../parts/icons";
import { Preview } from "../parts/preview";

type ViewName = "undecided" | "mine" | "decided";
const VIEWS: Record<ViewName, string> = { undecided: "state:undecided", mine: "owner:me", decided: "state:incident,dismissed" };
const viewOf = (text: string | null): ViewName => (text === "mine" || text === "decided" ? text : "undecided");

interface Rows { shown: Group[]; latest: Map<number, Group>; asOf: number; took: number; isPartial: boolean }
const EMPTY: Rows = { shown: [], latest: new Map(), asOf: 0, took: 0, isPartial: false };

function useGroups(view: ViewName, text: string): { rows: Rows; failure: unknown; isLoading: boolean; showNew: () => void; settle: (gone: Group[]) => void } {
  const [rows, setRows] = useState<Rows>(EMPTY);
  const [failure, setFailure] = useState<unknown>(null);
  const [isLoading, setLoading] = useState(true);
  const wanted = `${VIEWS[view]} ${text}`.trim();
  const current = useRef(wanted);
  current.current = wanted;
  const load = useCallback(async (isFirst: boolean): Promise<void> => {
    try {
      const list = await get<GroupList>(`/groups?limit=500&q=${encodeURIComponent(wanted)}`);
      if (current.current !== wanted) return;
      const latest = new Map(list.groups.map((group) => [group.id, group]));
      setRows((before) => ({ shown: isFirst ? list.groups : before.shown.map((row) => latest.get(row.id) ?? row), latest, asOf: ms(list.as_of), took: list.took_ms, isPartial: list.is_partial }));
      setFailure(null);
    } catch (problem) {
      setFailure(problem);
    }
    setLoading(false);
  }, [wanted]);
  useEffect(() => {
    setLoading(true);
    void load(true);
    return onChange((topics) => {
      if (topics.has("group") || topics.has("all")) void load(false);
    });
  }, [load]);
  const showNew = (): void => setRows((before) => ({ ...before, shown: [...before.latest.values()] }));
  const settle = (gone: Group[]): void => {
    const ids = new Set(gone.map((group) => group.id));
    setRows((before) => ({ ...before, shown: before.shown.filter((row) => !ids.has(row.id)) }));
    void load(false);
  };
  return { rows, failure, isLoading, showNew, settle };
}

export function Inbox(): JSX.Element {
  const view = viewOf(query.value.get("view")), text = query.value.get("q") ?? "";
  const { rows, failure, isLoading, showNew, settle } = useGroups(view, text);
  const [cursor, setCursor] = useState(0);
  const [marked, setMarked] = useState<Set<number>>(new Set());
  const at = Math.min(cursor, Math.max(0, rows.shown.length - 1));
  const selected = rows.shown[at];
  const fresh = useMemo(() => [...rows.latest.keys()].filter((id) => !rows.shown.some((row) => row.id === id)).length, [rows]);
  useEffect(() => {
    const severe = status.value?.undecided_by_severity[0] ?? 0;
    document.title = `${severe > 0 ? `(${severe}) ` : ""}${t("nav.inbox")} · Hải Đăng`;
  });
  useEffect(() => {
    setCursor(0);
    setMarked(new Set());
  }, [view, text]);

  const done = (gone: Group[]): void => {
    setMarked(new Set());
    settle(view === "undecided" ? gone : []);
  };
  const targets = (): Group[] => (marked.size > 0 ? rows.shown.filter((row) => marked.has(row.id)) : selected ? [selected] : []);
  const move = (by: number): void => {
    const next = Math.min(Math.max(0, at + by), Math.max(0, rows.shown.length - 1));
    setCursor(next);
    document.getElementById(`row-${rows.shown[next]?.id}`)?.focus();
  };
  const toggle = (): void => {
    if (!selected) return;
    const next = new Set(marked);
    if (!next.delete(selected.id)) next.add(selected.id);
    setMarked(next);
  };
  const act = (name: Act) => (): void => ask(name, targets(), done);
  useEffect(() => bind([
    { code: "KeyJ", show: "J", words: "keys.next", act: () => move(1) },
    { code: "KeyK", show: "K", words: "keys.previous", act: () => move(-1) },
    { code: "ArrowDown", show: "↓", words: "keys.next", act: () => move(1) },
    { code: "ArrowUp", show: "↑", words: "keys.previous", act: () => move(-1) },
    { code: "Enter", show: "Enter", words: "keys.open", act: () => selected && go(`/groups/${selected.id}`) },
    { code: "KeyX", show: "X", words: "keys.select", act: toggle },
    { code: "Escape", show: "Esc", words: "keys.none", act: () => setMarked(new Set()) },
    { code: "KeyI", show: "I", words: "act.open", act: act("open") },
    { code: "KeyM", show: "M", words: "act.join", act: act("join") },
    { code: "KeyN", show: "N", words: "act.dismiss", act: act("dismiss") },
    { code: "KeyA", show: "A", words: "act.take", act: () => void take(targets(), done) },
    { code: "KeyQ", show: "Q", words: "act.comment", act: act("comment") },
    { code: "Slash", show: "/", words: "keys.query", act: () => document.getElementById("query")?.focus() },
    { code: "Period", show: ".", words: "keys.fresh", act: showNew },
  ]));

  return (
    <div class="inbox">
      <Views view={view} />
      <QueryField text={text} failure={failure} rows={rows} />
      <div class="split">
        <section class="list" aria-label={t("inbox.list")}>
          {fresh > 0 ? <button type="button" class="fresh" onClick={showNew}><Icon name="up" size={12} />{t("inbox.fresh", { n: fresh, time: clock(rows.asOf) })} <kbd>.</kbd></button> : null}
          {marked.size > 0 ? <p class="marked" role="status">{t("inbox.marked", { n: marked.size })}</p> : null}
          <div id="list" class={isLoading ? "dimmed" : undefined} role="grid" aria-label={t("inbox.list")} aria-rowcount={rows.shown.length}>
            <div class="thead" role="row">
              <span role="columnheader"><span class="vh">{t("col.severity")}</span></span><span role="columnheader">{t("col.what")}</span>
              <span role="columnheader">{t("col.day")}</span><span role="columnheader" class="num">{t("col.count")}</span><span role="columnheader" class="num">{t("col.newest")}</span>
            </div>
            {rows.shown.map((group, index) => (
              <Row key={group.id} group={group} isCursor={index === at} isMarked={marked.has(group.id)} isGone={view === "undecided" && !rows.latest.has(group.id)} onPick={() => setCursor(index)} />
            ))}
          </div>
          {!isLoading && rows.shown.length === 0 && !failure ? <Empty view={view} text={text} asOf={rows.asOf} /> : null}
          {rows.isPartial ? <p class="dim pad">{t("inbox.partial")}</p> : null}
        </section>
        <aside class="pane" aria-label={t("inbox.selected")}>{selected ? <Preview key={selected.id} group={selected} done={done} /> : null}</aside>
      </div>
      <KeyBar />
      <ActDialogs />
    </div>
  );
}

function Views({ view }: { view: ViewName }): JSX.Element {
  const names: [ViewName, Key][] = [["undecided", "view.undecided"], ["mine", "view.mine"], ["decided", "view.decided"]];
  return (
    <div class="views">
      <h1>{t("nav.inbox")}</h1>
      <nav aria-label={t("view.label")}>{names.map(([name, words]) => (
        <a key={name} href={name === "undecided" ? "/inbox" : `/inbox?view=${name}`} aria-current={view === name ? "page" : undefined}>
          {t(words)}{name === "undecided" && status.value ? <b>{number(status.value.undecided)}</b> : null}
        </a>
      ))}</nav>
    </div>
  );
}

function QueryField({ text, failure, rows }: { text: string; failure: unknown; rows: Rows }): JSX.Element {
  const [typed, setTyped] = useState(text);
  useEffect(() => setTyped(text), [text]);
  const alerts = rows.shown.reduce((sum, row) => sum + row.count, 0);
  return (
    <form class="filter" role="search" onSubmit={(event) => { event.preventDefault(); setQuery({ q: typed.trim() }); }}>
      <div class={`q${failure ? " wrong" : ""}`}>
        <Icon name="search" size={15} />
        <input id="query" type="text" value={typed} aria-label={t("inbox.query")} placeholder={t("inbox.hint")} aria-invalid={failure ? true : undefined} spellcheck={false} autoComplete="off"
          onInput={(event) => setTyped(event.currentTarget.value)}
          onKeyDown={(event) => { if (event.key === "Escape") { setTyped(text); event.currentTarget.blur(); } }} />
        <span class="cnt">{t("inbox.count", { n: rows.shown.length, alerts })} · {rows.took} ms</span>
      </div>
      <button type="submit" class="btn">{t("act.filter")}</button>
      {failure ? <p class="query-fault" role="alert">{wordsOf(failure)}</p> : null}
    </form>
  );
}

interface RowProps { group: Group; isCursor: boolean; isMarked: boolean; isGone: boolean; onPick: () => void }

function Row({ group, isCursor, isMarked, isGone, onPick }: RowProps): JSX.Element {
  const decision = decisionText(group);
  const old = isOld(group) ? "old" : undefined;
  const pick = (): void => {
    onPick();
    if (innerWidth < 1100) go(`/groups/${group.id}`);
  };
  return (
    <div id={`row-${group.id}`} class={`row${isGone ? " gone" : ""}${isMarked ? " marked-row" : ""}`} role="row" aria-selected={isCursor} tabIndex={isCursor ? 0 : -1} onClick={pick} onFocus={onPick} onDblClick={() => go(`/groups/${group.id}`)}>
      <span class={`g s${group.severity}`} role="gridcell"><SeverityShape severity={group.severity} /><span class="vh">{t("group.severityIs", { word: severityWord(group.severity) })}{isMarked ? `, ${t("inbox.isMarked")}` : ""}</span></span>
      <div class="what" role="gridcell">
        <div class="t"><Safe text={titleOf(group)} /></div>
        <div class="s"><Ends group={group} />{group.system_level > 0 ? <span class="tag">{t("group.level", { n: group.system_level })}</span> : null}{group.owner ? <span class="tag">{group.owner_name}</span> : null}<span class="faint">{group.sensor}</span></div>
        <div class="m2"><span>{t("time.ago", { age: age(ms(group.last), now.value) })}</span>{decision ? <span>{decision}</span> : <span class={old}>{waitLong(group)}</span>}</div>
      </div>
      <span class="sp" role="gridcell"><Spark values={group.hours} label={t("group.dayCount", { n: group.hours.reduce((a, b) => a + b, 0) })} /></span>
      <span class="num c" role="gridcell">{number(group.count)}<small>{spreadText(group)}</small></span>
      <span class="num w" role="gridcell" title={full(ms(group.last))}>{age(ms(group.last), now.value)}<small class={decision ? undefined : old}>{decision ? <Safe text={decision} /> : waitText(group)}</small></span>
    </div>
  );
}

function Empty({ view, text, asOf }: { view: ViewName; text: string; asOf: number }): JSX.Element {
  const troubled = status.value?.sensors_attention ?? 0, sensors = status.value?.sensors ?? 0;
  return (
    <div class="empty">
      {troubled > 0 ? <p class="warn-box"><a href="/sensors">{t("inbox.emptyButSilent", { n: troubled })}</a></p> : null}
      <p>{text ? t("inbox.emptyQuery") : t(view === "undecided" ? "inbox.empty" : "inbox.emptyView")}</p>
      <p class="dim">{sensors === 0 ? t("inbox.noSensors") : t("inbox.asOf", { n: sensors, time: clock(asOf) })}</p>
    </div>
  );
}

function KeyBar(): JSX.Element {
  const shown: [string[], Key][] = [[["J", "K"], "keys.move"], [["X"], "keys.selectShort"], [["I"], "keys.openShort"], [["N"], "keys.notShort"], [["A"], "keys.takeShort"], [["/"], "keys.filterShort"], [["?"], "keys.allShort"]];
  return (
    <div class="keys">
      {shown.map(([keys, words]) => <span key={words}>{keys.map((key) => <kbd key={key}>{key}</kbd>)} {t(words)}</span>)}
      <span class="zone">{t("keys.zoneBar")} <kbd>T</kbd></span>
    </div>
  );
}
