// SPDX-License-Identifier: Apache-2.0
// One's own page: language, theme, zone, password, log-out.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, me, post, remove } from "../lib/api";
import { t, type Key } from "../lib/i18n";
import { say, sayFailure } from "../lib/state";
import type { Me } from "../lib/types";
import { zone } from "../lib/view";
import { Failure, Field } from "../parts/dialog";
import { Switches, switchZone } from "../parts/frame";

export function MePage(): JSX.Element {
  const [failure, setFailure] = useState<unknown>(null);
  useEffect(() => {
    document.title = `${t("me.title")} · Hải Đăng`;
  });
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const element = event.currentTarget as HTMLFormElement;
    const form = new FormData(element);
    try {
      await post("/me/password", { ...(me.value?.has_password ? { old: String(form.get("old")) } : {}), new: String(form.get("new")) });
      element.reset();
      setFailure(null);
      say(t("me.passwordSet"));
      me.value = await get<Me>("/me");
    } catch (problem) {
      setFailure(problem);
    }
  };
  const leave = async (): Promise<void> => {
    try {
      await remove("/session");
      me.value = null;
    } catch (problem) {
      sayFailure(problem);
    }
  };
  return (
    <div class="page narrow">
      <div class="ph"><h1>{me.value?.full_name || me.value?.user}</h1><span class="sum">{t(`role.${me.value?.role ?? "viewer"}` as Key)}</span></div>
      <section class="panel" aria-labelledby="view-head">
        <header><h2 id="view-head">{t("me.view")}</h2></header>
        <div class="pad row-acts"><Switches /><button type="button" class="btn" onClick={switchZone}>{t(zone.value === "vn" ? "me.toUtc" : "me.toVietnam")}</button></div>
      </section>
      <section class="panel" aria-labelledby="password-head">
        <header><h2 id="password-head">{t(me.value?.has_password ? "me.changePassword" : "me.setPassword")}</h2></header>
        <form class="pad" onSubmit={(event) => void submit(event)}>
          {me.value?.has_password ? <Field label={t("me.old")} name="old" type="password" isRequired autoComplete="current-password" /> : null}
          <Field label={t("me.new")} name="new" type="password" isRequired autoComplete="new-password" hint={t("me.rules")} />
          {failure !== null ? <Failure failure={failure} /> : null}
          <button type="submit" class="btn pri">{t("act.save")}</button>
        </form>
      </section>
      <p><button type="button" class="btn" onClick={() => void leave()}>{t("nav.logOut")}</button></p>
    </div>
  );
}
