// SPDX-License-Identifier: Apache-2.0
// Users: who may do what. For administrators.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { get, post, put } from "../lib/api";
import { t, type Key } from "../lib/i18n";
import { say } from "../lib/state";
import { full, ms } from "../lib/time";
import type { Role, User } from "../lib/types";
import { Choice, Dialog, Failure, Field } from "../parts/dialog";

const ROLES: Role[] = ["viewer", "analyst", "admin"];
const roleOptions = (): { value: string; words: string }[] => ROLES.map((role) => ({ value: role, words: t(`role.${role}` as Key) }));

export function Users(): JSX.Element {
  const [users, setUsers] = useState<User[]>([]);
  const [failure, setFailure] = useState<unknown>(null);
  const [edited, setEdited] = useState<User | "new" | null>(null);
  const [link, setLink] = useState("");
  const load = async (): Promise<void> => {
    try {
      setUsers((await get<{ users: User[] }>("/users")).users);
    } catch (problem) {
      setFailure(problem);
    }
  };
  useEffect(() => {
    document.title = `${t("nav.users")} · Hải Đăng`;
    void load();
  }, []);
  const save = async (form: FormData): Promise<void> => {
    const name = edited === "new" ? String(form.get("name")) : (edited?.name ?? "");
    await put(`/users/${encodeURIComponent(name)}`, { full_name: String(form.get("full_name")), role: String(form.get("role")), is_disabled: form.get("is_disabled") === "yes" });
    setEdited(null);
    await load();
  };
  const invite = async (user: User): Promise<void> => {
    try {
      const made = await post<{ path: string; until: string }>(`/users/${encodeURIComponent(user.name)}/link`);
      setLink(location.origin + made.path);
      say(t("users.linkMade", { time: full(ms(made.until)) }));
    } catch (problem) {
      setFailure(problem);
    }
  };
  return (
    <div class="page">
      <div class="ph"><h1>{t("nav.users")}</h1><span class="r"><button type="button" class="btn pri" onClick={() => setEdited("new")}>{t("users.add")}</button></span></div>
      {failure !== null ? <Failure failure={failure} /> : null}
      {link ? <p class="panel pad">{t("users.link")} <code class="mono wrap">{link}</code></p> : null}
      <section class="panel clip" aria-label={t("nav.users")}>
        <ul class="people">{users.map((user) => (
          <li key={user.name}>
            <span><b>{user.full_name || user.name}</b><small class="mono">{user.name}</small></span>
            <span>{t(`role.${user.role}` as Key)}{user.is_disabled ? ` · ${t("users.disabled")}` : user.has_password ? "" : ` · ${t("users.noPassword")}`}</span>
            <span class="row-acts">
              <button type="button" class="btn" onClick={() => setEdited(user)}>{t("act.edit")}<span class="vh"> {user.name}</span></button>
              <button type="button" class="btn" onClick={() => void invite(user)}>{t("users.makeLink")}<span class="vh"> {user.name}</span></button>
            </span>
          </li>
        ))}</ul>
      </section>
      {edited ? (
        <Dialog title={edited === "new" ? t("users.add") : edited.full_name || edited.name} action={t("act.save")} onClose={() => setEdited(null)} onSubmit={save}>
          {edited === "new" ? <Field label={t("login.user")} name="name" isRequired hint={t("users.nameHint")} /> : null}
          <Field label={t("users.fullName")} name="full_name" isRequired value={edited === "new" ? "" : edited.full_name} />
          <Choice label={t("users.role")} name="role" value={edited === "new" ? "analyst" : edited.role} options={roleOptions()} />
          {edited === "new" ? null : <Choice label={t("users.state")} name="is_disabled" value={edited.is_disabled ? "yes" : "no"} options={[{ value: "no", words: t("users.enabled") }, { value: "yes", words: t("users.disabled") }]} />}
        </Dialog>
      ) : null}
    </div>
  );
}
