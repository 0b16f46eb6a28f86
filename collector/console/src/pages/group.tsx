// SPDX-License-Identifier: Apache-2.0
// One group: facts left, its alerts right; on a phone one below the other, acts docked at the bottom.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get } from "../lib/api";
import { t } from "../lib/i18n";
import { bind } from "../lib/keys";
import { onChange } from "../lib/live";
import { go } from "../lib/router";
import { Safe } from "../lib/safe";
import { exact, ms, shortDate } from "../lib/time";
import type { Group, GroupDetail } from "../lib/types";
import { AlertView } from "../parts/evidence";
import { Failure } from "../parts/dialog";
import { ActDialogs, ask, decisionText, GroupActs, HourBars, isOld, take, titleOf, waitLong, type Act } from "../parts/group";
import { Icon, Severity } from "../parts/icons";
import { Facts, RuleLine } from "../parts/preview";

export function GroupPage({ id }: { id: string }): JSX.Element {
  const [detail, setDetail] = useState<GroupDetail | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [picked, setPicked] = useState(0);
  const load = (): void => void get<GroupDetail>(`/groups/${encodeURIComponent(id)}`).then((answer) => { setDetail(answer); setFailure(null); }, setFailure);
  useEffect(() => {
    load();
    return onChange((topics) => {
      if (topics.has("group") || topics.has("all")) load();
    });
  }, [id]);
  const group = detail?.group;
  const done = (_: Group[]): void => load();
  const act = (name: Act) => (): void => group && ask(name, [group], done);
  useEffect(() => bind([
    { code: "Escape", show: "Esc", words: "keys.back", act: () => (history.length > 1 ? history.back() : go("/inbox")) },
    { code: "KeyI", show: "I", words: "act.open", act: act("open") },
    { code: "KeyM", show: "M", words: "act.join", act: act("join") },
    { code: "KeyN", show: "N", words: "act.dismiss", act: act("dismiss") },
    { code: "KeyA", show: "A", words: "act.take", act: () => group && void take([group], done) },
    { code: "KeyQ", show: "Q", words: "act.comment", act: act("comment") },
  ]));
  useEffect(() => {
    document.title = `${group ? titleOf(group) : t("group.title")} · Hải Đăng`;
  });
  if (failure !== null) return <div class="page"><h1>{t("group.title")}</h1><Failure failure={failure} /></div>;
  if (!detail || !group) return <div class="page"><h1 class="vh">{t("group.title")}</h1><div class="bones" aria-busy="true" /></div>;
  const sample = detail.samples[Math.min(picked, detail.samples.length - 1)];
  return (
    <>
      <div class="head">
        <div class="crumb"><a href="/inbox"><Icon name="back" size={12} /> {t("nav.inbox")}</a><Severity severity={group.severity} isBox /><span class={`tag${isOld(group) ? " old" : ""}`}>{decisionText(group) ? <Safe text={decisionText(group)} /> : waitLong(group)}</span>
          {group.incident ? <a href={`/incidents/${group.incident}`} class="mono">{group.incident}</a> : null}</div>
        <div class="title"><h1><Safe text={titleOf(group)} /></h1></div>
        <RuleLine group={group} />
      </div>
      <div class="group-cols">
        <div class="stack">
          <section class="panel pad acts-panel" aria-label={t("group.decision")}><GroupActs group={group} done={done} /></section>
          <section class="panel pad" aria-labelledby="who-head"><h2 class="small-head" id="who-head">{t("group.who")}</h2><Facts group={group} detail={detail} /></section>
          <section class="panel pad" aria-labelledby="day-head"><h2 class="small-head" id="day-head">{t("col.day")}</h2><HourBars hours={group.hours} /></section>
        </div>
        <section class="panel" aria-labelledby="samples-head">
          <header><h2 id="samples-head">{t("group.samples")}</h2><span class="r">{t("group.samplesOf", { n: detail.samples.length, all: group.count })}</span></header>
          <div class="samples">
            <ol>{detail.samples.map((one, index) => (
              <li key={one.id}><button type="button" aria-current={one === sample ? "true" : undefined} onClick={() => setPicked(index)}><span>{exact(ms(one.packet_time))}</span><small>{shortDate(ms(one.packet_time))}</small></button></li>
            ))}</ol>
            {sample ? <AlertView key={sample.id} alert={sample} /> : <p class="pad dim">{t("group.noSamples")}</p>}
          </div>
        </section>
      </div>
      <ActDialogs />
    </>
  );
}
