// SPDX-License-Identifier: Apache-2.0
// Log-in by password, or by a link that works once.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { isStarting, me, post } from "../lib/api";
import { t } from "../lib/i18n";
import { go } from "../lib/router";
import type { Me } from "../lib/types";
import { Failure, Field } from "../parts/dialog";
import { Switches } from "../parts/frame";
import { Brand } from "../parts/icons";

export function Login(): JSX.Element {
  const [failure, setFailure] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    document.title = `${t("login.title")} · Hải Đăng`;
  });
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    try {
      me.value = await post<Me>("/session", { user: String(form.get("user")), password: String(form.get("password")) });
    } catch (problem) {
      setFailure(problem);
      setBusy(false);
    }
  };
  return (
    <main class="gate">
      <form class="panel" onSubmit={(event) => void submit(event)}>
        <p class="brand"><Brand />Hải Đăng</p>
        <h1>{t("login.title")}</h1>
        <Field label={t("login.user")} name="user" isRequired autoComplete="username" />
        <Field label={t("login.password")} name="password" type="password" isRequired autoComplete="current-password" />
        {failure !== null ? <Failure failure={failure} /> : null}
        <button type="submit" class="btn pri" disabled={isBusy}>{t("login.enter")}</button>
        <Switches />
      </form>
    </main>
  );
}

export function Welcome({ token }: { token: string }): JSX.Element {
  const [failure, setFailure] = useState<unknown>(null);
  const enter = async (): Promise<void> => {
    try {
      const person = await post<Me>("/welcome", { token });
      isStarting.value = false;
      go("/inbox", "replace");
      me.value = person;
    } catch (problem) {
      setFailure(problem);
    }
  };
  // The link is used at once and leaves the history; nobody else can use it again.
  useEffect(() => void enter(), []);
  return (
    <main class="gate">
      <div class="panel">
        <p class="brand"><Brand />Hải Đăng</p>
        <h1>{t("login.welcome")}</h1>
        {failure === null ? <p class="dim">{t("login.entering")}</p> : <><Failure failure={failure} /><p><a href="/login" onClick={() => (isStarting.value = false)}>{t("login.withPassword")}</a></p></>}
      </div>
    </main>
  );
}
