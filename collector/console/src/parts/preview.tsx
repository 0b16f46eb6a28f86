// SPDX-License-Identifier: Apache-2.0
// The pane beside the inbox: enough to decide a group without leaving the list.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, mayAct, post } from "../lib/api";
import { t } from "../lib/i18n";
import { Safe } from "../lib/safe";
import { say, sayFailure } from "../lib/state";
import { clock, dateAndTime, exact, ms, span } from "../lib/time";
import type { Group, GroupDetail } from "../lib/types";
import { now } from "../lib/view";
import { appFields, Excerpt } from "./evidence";
import { decisionText, GroupActs, HourBars, isOld, sourceText, targetText, titleOf, waitLong } from "./group";
import { Icon, Severity } from "./icons";

export function useDetail(id: number, version: number): GroupDetail | null {
  const [detail, setDetail] = useState<GroupDetail | null>(null);
  useEffect(() => {
    let isHere = true;
    // A quick walk down the list asks only for the rows where it rests.
    const timer = setTimeout(() => {
      get<GroupDetail>(`/groups/${id}`).then((answer) => isHere && setDetail(answer), sayFailure);
    }, detail ? 400 : 80);
    return () => {
      isHere = false;
      clearTimeout(timer);
    };
  }, [id, version]);
  return detail;
}

export function RuleLine({ group }: { group: Group }): JSX.Element {
  return (
    <p class="sig">
      <Safe text={group.signature} /><br /><span class="mono">sid {group.sid}</span>{group.technique ? <> · ATT&amp;CK <Safe text={group.technique} /></> : null}
    </p>
  );
}

export function Facts({ group, detail }: { group: Group; detail: GroupDetail | null }): JSX.Element {
  const eve = detail?.samples[0]?.eve ?? null;
  const app = [eve?.["app_proto"], eve?.["proto"]].filter((one): one is string => typeof one === "string").map((one) => one.toUpperCase()).join(", ");
  const isSameDay = ms(group.last) - ms(group.first) < 12 * 3_600_000;
  return (
    <dl class="kv">
      <dt>{t("group.source")}</dt><dd><Safe text={sourceText(group)} isMono /></dd>
      <dt>{t("group.target")}</dt><dd><Safe text={targetText(group)} isMono /> {group.system ? <Safe text={group.system} /> : null} {group.system_level > 0 ? <span class="faint">{t("group.level", { n: group.system_level })}</span> : null}</dd>
      <dt>{t("group.via")}</dt><dd>{app ? `${app}, ` : ""}{group.sensor}</dd>
      <dt>{t("group.when")}</dt><dd>{t("group.fromTo", { from: isSameDay ? clock(ms(group.first)) : dateAndTime(ms(group.first)), to: isSameDay ? clock(ms(group.last)) : dateAndTime(ms(group.last)), n: group.count })}</dd>
      {group.owner ? <><dt>{t("group.owner")}</dt><dd>{group.owner_name}</dd></> : null}
    </dl>
  );
}

function Related({ detail, done }: { detail: GroupDetail; done: (touched: Group[]) => void }): JSX.Element | null {
  const related = detail.related;
  if (!related) return null;
  const join = async (): Promise<void> => {
    try {
      await post(`/groups/${detail.group.id}/join`, { incident: related.number });
      say(t("act.joined", { number: related.number }));
      done([detail.group]);
    } catch (failure) {
      sayFailure(failure);
    }
  };
  return (
    <div class="sec">
      <div class="hint-in"><Icon name="link" /><span>{t("group.sameHost")} <a href={`/incidents/${related.number}`}><b>{related.number}</b></a>, {t("group.openedAgo", { age: span((now.value - ms(related.opened)) / 1000) })}</span>
        {mayAct() ? <button type="button" class="btn" onClick={() => void join()}>{t("act.joinShort")}</button> : null}
      </div>
    </div>
  );
}

// Of a transaction these say least; the group's page has them all.
const MINOR = /\.(protocol|status|length|http_content_type|http_user_agent|version|id|flags)$/;

export function Preview({ group, done }: { group: Group; done: (touched: Group[]) => void }): JSX.Element {
  const detail = useDetail(group.id, group.version);
  const sample = detail?.samples[0];
  const fields = appFields(sample?.eve ?? null).filter(([key]) => !MINOR.test(key)).slice(0, 5);
  return (
    <>
      <div class="hd">
        <div class="meta"><Severity severity={group.severity} isBox /><span class={`tag${isOld(group) ? " old" : ""}`}>{decisionText(group) ? <Safe text={decisionText(group)} /> : waitLong(group)}</span></div>
        <h2><a href={`/groups/${group.id}`}><Safe text={titleOf(group)} /></a></h2>
        <RuleLine group={group} />
        <GroupActs group={group} done={done} />
      </div>
      {detail ? <Related detail={detail} done={done} /> : null}
      <div class="sec"><h3>{t("group.who")}</h3><Facts group={group} detail={detail} /></div>
      {sample ? (
        <div class="sec">
          <h3>{t("group.seen")} <span>{t("group.sample", { time: exact(ms(sample.packet_time)) })}</span></h3>
          <ul class="why">{fields.map(([key, value]) => <li key={key}><Icon name="check" size={12} /><span><span class="mono key">{key}</span> <Safe text={value} isMono /></span></li>)}</ul>
          <Excerpt alert={sample} />
          {fields.length === 0 && !sample.eve?.["payload_printable"] ? <p class="dim">{t("alert.noPayload")}</p> : null}
        </div>
      ) : null}
      <div class="sec last"><h3>{t("col.day")} <span>{group.is_partial ? t("group.newestOnly") : ""}</span></h3><HourBars hours={group.hours} /></div>
    </>
  );
}
