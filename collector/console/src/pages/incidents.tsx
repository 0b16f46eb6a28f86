// SPDX-License-Identifier: Apache-2.0
// Incidents as a table with their clocks; cards on a phone.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get } from "../lib/api";
import { pick, t, type Key } from "../lib/i18n";
import { bind } from "../lib/keys";
import { onChange } from "../lib/live";
import { go, query } from "../lib/router";
import { Safe } from "../lib/safe";
import { age, full, ms } from "../lib/time";
import type { Incident, IncidentList } from "../lib/types";
import { now } from "../lib/view";
import { DueChip } from "../parts/due";
import { Failure } from "../parts/dialog";
import { Severity } from "../parts/icons";

const byClock = (a: Incident, b: Incident): number => (a.next?.due ? ms(a.next.due) : Infinity) - (b.next?.due ? ms(b.next.due) : Infinity) || (a.number < b.number ? 1 : -1);

export function Incidents(): JSX.Element {
  const isAll = query.value.get("view") === "all";
  const [list, setList] = useState<Incident[] | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [cursor, setCursor] = useState(0);
  useEffect(() => {
    const load = (): void => void get<IncidentList>(`/incidents?state=${isAll ? "all" : "open"}`).then((answer) => { setList([...answer.incidents].sort(byClock)); setFailure(null); }, setFailure);
    load();
    return onChange((topics) => {
      if (topics.has("incident") || topics.has("all")) load();
    });
  }, [isAll]);
  const rows = list ?? [];
  const move = (by: number): void => {
    const next = Math.min(Math.max(0, cursor + by), Math.max(0, rows.length - 1));
    setCursor(next);
    document.getElementById(`incident-${rows[next]?.number}`)?.focus();
  };
  useEffect(() => bind([
    { code: "KeyJ", show: "J", words: "keys.next", act: () => move(1) },
    { code: "KeyK", show: "K", words: "keys.previous", act: () => move(-1) },
    { code: "Enter", show: "Enter", words: "keys.open", act: () => rows[cursor] && go(`/incidents/${rows[cursor].number}`) },
  ]));
  useEffect(() => {
    document.title = `${t("nav.incidents")} · Hải Đăng`;
  });
  return (
    <div class="page">
      <div class="ph">
        <h1>{t("nav.incidents")}</h1>
        <nav class="views inline" aria-label={t("view.label")}>
          <a href="/incidents" aria-current={isAll ? undefined : "page"}>{t("incidents.open")}</a>
          <a href="/incidents?view=all" aria-current={isAll ? "page" : undefined}>{t("incidents.all")}</a>
        </nav>
      </div>
      {failure !== null ? <Failure failure={failure} /> : null}
      {list && rows.length === 0 ? <div class="panel empty"><p>{t("incidents.none")}</p></div> : null}
      {rows.length > 0 ? (
        <section class="panel clip" aria-label={t("nav.incidents")}>
          <table class="tbl inc">
            <thead><tr><th>{t("incidents.clock")}</th><th>{t("incidents.what")}</th><th>{t("col.severity")}</th><th>{t("incidents.state")}</th><th>{t("incidents.owner")}</th><th>{t("incidents.system")}</th><th class="num">{t("incidents.age")}</th></tr></thead>
            <tbody>{rows.map((one) => (
              <tr key={one.number}>
                <td>{one.next ? <DueChip duty={one.next} incident={one.number} /> : <span class="faint">{t("incidents.noClock")}</span>}</td>
                <td class="grow"><a id={`incident-${one.number}`} href={`/incidents/${one.number}`}><b><Safe text={one.title} /></b></a><small><span class="mono">{one.number}</span> · {pick(one.kind_vi, one.kind_en)}{one.is_provisional ? ` · ${t("incident.provisional")}` : ""}</small></td>
                <td><Severity severity={one.severity} /></td>
                <td>{t(`state.${one.state}` as Key)}</td>
                <td>{one.owner ? one.owner_name : <span class="faint">{t("incidents.nobody")}</span>}</td>
                <td>{one.system ? <Safe text={one.system} /> : <span class="faint">–</span>}{one.system_level > 0 ? <small>{t("group.level", { n: one.system_level })}</small> : null}</td>
                <td class="num" title={full(ms(one.opened))}>{age(ms(one.opened), now.value)}</td>
              </tr>
            ))}</tbody>
          </table>
        </section>
      ) : null}
    </div>
  );
}
