// SPDX-License-Identifier: Apache-2.0
import { effect } from "@preact/signals";
import { render, type JSX } from "preact";
import { get, isStarting, me } from "./lib/api";
import { t } from "./lib/i18n";
import { bind, helpIsOpen, startKeys } from "./lib/keys";
import { startLive } from "./lib/live";
import { go, path, startRouter } from "./lib/router";
import { refreshFrame, startState } from "./lib/state";
import type { Me } from "./lib/types";
import { startView } from "./lib/view";
import { Frame, switchTheme, switchZone } from "./parts/frame";
import { GroupPage } from "./pages/group";
import { Inbox } from "./pages/inbox";
import { IncidentPage } from "./pages/incident";
import { Incidents } from "./pages/incidents";
import { Login, Welcome } from "./pages/login";
import { MePage } from "./pages/me";
import { Sensors } from "./pages/sensors";
import { Users } from "./pages/users";

function Page(): JSX.Element {
  const at = path.value;
  const part = (index: number): string => decodeURIComponent(at.split("/")[index] ?? "");
  if (at === "/inbox") return <Inbox />;
  if (at.startsWith("/groups/")) return <GroupPage key={at} id={part(2)} />;
  if (at === "/incidents") return <Incidents />;
  if (at.startsWith("/incidents/")) return <IncidentPage key={part(2)} number={part(2)} />;
  if (at === "/sensors" || at.startsWith("/sensors/")) return <Sensors name={part(2)} />;
  if (at === "/admin/users") return <Users />;
  if (at === "/me") return <MePage />;
  return <div class="page"><h1>{t("missing.title")}</h1><p>{t("missing.text")} <a href="/inbox">{t("nav.inbox")}</a></p></div>;
}

function App(): JSX.Element | null {
  if (path.value.startsWith("/welcome/")) return <Welcome token={path.value.slice("/welcome/".length)} />;
  if (isStarting.value) return null;
  if (!me.value) return <Login />;
  return <Frame skip="skip"><Page /></Frame>;
}

async function start(): Promise<void> {
  if (path.value.startsWith("/welcome/")) return;
  try {
    me.value = await get<Me>("/me");
  } catch {
    me.value = null;
  }
  isStarting.value = false;
}

startView();
startRouter();
startState();
startLive();
startKeys({ KeyI: () => go("/inbox"), KeyS: () => go("/incidents"), KeyC: () => go("/sensors"), KeyM: () => go("/me"), KeyH: () => go("/inbox") });
bind([
  { code: "KeyT", show: "T", words: "keys.zone", act: switchZone },
  { code: "KeyD", show: "D", words: "keys.theme", act: switchTheme },
  { code: "Slash", shift: true, show: "?", words: "keys.help", act: () => (helpIsOpen.value = !helpIsOpen.value) },
]);
effect(() => {
  if (!me.value) return;
  if (path.value === "/" || path.value === "/login") go("/inbox", "replace");
  void refreshFrame();
});
const root = document.getElementById("app");
if (root) render(<App />, root);
void start();
