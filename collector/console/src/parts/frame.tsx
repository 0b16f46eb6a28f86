// SPDX-License-Identifier: Apache-2.0
// The frame of each page: rail, strip of legal clocks, connection, time; on a phone a bar at the bottom.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { me, remove } from "../lib/api";
import { number, t, type Key } from "../lib/i18n";
import { bound, helpIsOpen } from "../lib/keys";
import { connection, lostAt } from "../lib/live";
import { path } from "../lib/router";
import { duties, sayFailure, status, toast } from "../lib/state";
import { clock, zoneName } from "../lib/time";
import { lang, now, theme, zone } from "../lib/view";
import { DueChip } from "./due";
import { Brand, Icon, LampShape, type IconName } from "./icons";

interface Place { to: string; icon: IconName; words: Key; short: Key; count: () => number; isHot?: () => boolean; isAdmin?: boolean }

const WATCH: Place[] = [
  { to: "/inbox", icon: "inbox", words: "nav.inbox", short: "nav.inboxShort", count: () => status.value?.undecided ?? 0, isHot: () => (status.value?.undecided_by_severity[0] ?? 0) > 0 },
  { to: "/incidents", icon: "shield", words: "nav.incidents", short: "nav.incidents", count: () => status.value?.incidents_open ?? 0 },
];
const SYSTEM: Place[] = [
  { to: "/sensors", icon: "sensor", words: "nav.sensors", short: "nav.sensors", count: () => status.value?.sensors_attention ?? 0 },
  { to: "/admin/users", icon: "people", words: "nav.users", short: "nav.users", count: () => 0, isAdmin: true },
];
const isAt = (to: string): boolean => path.value === to || path.value.startsWith(`${to}/`);

function RailLink({ place }: { place: Place }): JSX.Element {
  const count = place.count();
  return (
    <li>
      <a href={place.to} aria-current={isAt(place.to) ? "page" : undefined} title={t(place.words)}>
        <Icon name={place.icon} /><span class="label">{t(place.words)}</span>
        {count > 0 ? <span class={`n${place.isHot?.() ? " hot" : ""}`}>{number(count)}</span> : null}
      </a>
    </li>
  );
}

const isShown = (place: Place): boolean => !place.isAdmin || me.value?.role === "admin";

async function logOut(): Promise<void> {
  try {
    await remove("/session");
    me.value = null;
  } catch (failure) {
    sayFailure(failure);
  }
}

export const switchLang = (): void => void (lang.value = lang.value === "vi" ? "en" : "vi");
export const switchTheme = (): void => void (theme.value = theme.value === "dem" ? "ngay" : "dem");
export const switchZone = (): void => void (zone.value = zone.value === "vn" ? "utc" : "vn");

export function Switches(): JSX.Element {
  return (
    <div class="switches">
      <button type="button" onClick={switchLang} lang={lang.value === "vi" ? "en" : "vi"}>{lang.value === "vi" ? "English" : "Tiếng Việt"}</button>
      <button type="button" onClick={switchTheme}>{t(theme.value === "dem" ? "theme.day" : "theme.night")}</button>
    </div>
  );
}

function Rail(): JSX.Element {
  return (
    <nav class="rail" aria-label={t("nav.main")}>
      <a class="brand" href="/inbox"><Brand /><span class="label">Hải Đăng</span></a>
      <h2>{t("nav.watch")}</h2>
      <ul>{WATCH.map((place) => <RailLink key={place.to} place={place} />)}</ul>
      <h2>{t("nav.system")}</h2>
      <ul>{SYSTEM.filter(isShown).map((place) => <RailLink key={place.to} place={place} />)}</ul>
      <div class="duty">
        <Switches />
        <span class="faint">{t("nav.signedIn")}</span>
        <a class="who" href="/me">{me.value?.full_name || me.value?.user}</a>
        <span class="dim">{t(`role.${me.value?.role ?? "viewer"}` as Key)} · <button type="button" class="link" onClick={() => void logOut()}>{t("nav.logOut")}</button></span>
      </div>
    </nav>
  );
}

function Connection(): JSX.Element {
  const state = connection.value;
  if (state === "live") return <span class="live ok"><LampShape lamp="ok" /><span>{t("live.on")}</span></span>;
  const since = lostAt.value ? clock(lostAt.value) : "";
  return (
    <span class={`live ${state === "again" ? "warn" : "bad"}`} role="status">
      <LampShape lamp={state === "again" ? "warn" : "bad"} />
      <span>{state === "again" ? t("live.again") : t("live.off", { time: since })}</span>
    </span>
  );
}

function useShown(): number {
  const widths = (): number => (innerWidth <= 720 ? 1 : innerWidth < 1024 ? 2 : innerWidth < 1440 ? 3 : 5);
  const [shown, setShown] = useState(widths());
  useEffect(() => {
    const resize = (): void => setShown(widths());
    addEventListener("resize", resize);
    return () => removeEventListener("resize", resize);
  }, []);
  return shown;
}

function Clocks(): JSX.Element {
  const shown = useShown();
  const rest = duties.value.length - shown;
  return (
    <div class="clocks">
      <span class="lab" id="clocks-label">{t("clocks.label")}</span>
      {duties.value.length === 0 ? <span class="faint none">{t("clocks.none")}</span> : (
        <ul aria-labelledby="clocks-label">{duties.value.slice(0, shown).map((one) => (
          <li key={one.incident + one.duty.pack + one.duty.id}><DueChip duty={one.duty} incident={one.incident} withNumber /></li>
        ))}</ul>
      )}
      {rest > 0 ? <a class="more-due" href="/incidents">{shown === 1 ? t("clocks.moreLong", { n: rest }) : t("clocks.more", { n: rest })}</a> : null}
    </div>
  );
}

function Top(): JSX.Element {
  return (
    <header class="top">
      <a class="mbrand mobile" href="/inbox" aria-label="Hải Đăng"><Brand /></a>
      <Clocks />
      <div class="tools">
        <Connection />
        <button type="button" class="time" onClick={switchZone} title={t("time.switch")}>{clock(now.value)}<small>{zoneName()}</small></button>
      </div>
    </header>
  );
}

function TabBar(): JSX.Element {
  const places = [...WATCH, ...SYSTEM.filter((place) => !place.isAdmin)];
  return (
    <nav class="mobile tabbar" aria-label={t("nav.main")}>
      {places.map((place) => (
        <a key={place.to} href={place.to} aria-current={isAt(place.to) ? "page" : undefined}>
          <Icon name={place.icon} size={20} />{t(place.short)}
          {place.count() > 0 ? <b>{number(place.count())}</b> : null}
        </a>
      ))}
      <a href="/me" aria-current={isAt("/me") ? "page" : undefined}><Icon name="me" size={20} />{t("nav.me")}</a>
    </nav>
  );
}

function Help(): JSX.Element | null {
  if (!helpIsOpen.value) return null;
  return <HelpDialog />;
}

function HelpDialog(): JSX.Element {
  const close = (): void => void (helpIsOpen.value = false);
  const show = (dialog: HTMLDialogElement | null): void => {
    if (dialog && !dialog.open) dialog.showModal();
  };
  return (
    <dialog class="dialog" ref={show} onClose={close} aria-labelledby="help-title">
      <h2 id="help-title">{t("keys.title")}</h2>
      <dl class="keylist">
        {bound().map((key) => (
          <div key={key.show + key.words}><dt><kbd>{key.show}</kbd></dt><dd>{t(key.words)}</dd></div>
        ))}
        <div><dt><kbd>G I</kbd> <kbd>G S</kbd> <kbd>G C</kbd></dt><dd>{t("keys.go")}</dd></div>
      </dl>
      <div class="dialog-acts"><button type="button" class="btn" onClick={close}>{t("act.close")}</button></div>
    </dialog>
  );
}

export function Frame({ children, skip }: { children: ComponentChildren; skip: Key }): JSX.Element {
  return (
    <>
      <a class="skip" href="#content">{t(skip)}</a>
      <div class="app">
        <Rail />
        <Top />
        <main id="content" tabIndex={-1}>
          {connection.value === "off" && status.value ? <p class="stale" role="status">{t("live.stale", { time: clock(Date.parse(status.value.as_of)) })}</p> : null}
          {children}
        </main>
        <TabBar />
      </div>
      <Help />
      <div class="toasts" role="status" aria-live="polite">{toast.value ? <div class={`toast ${toast.value.kind}`}>{toast.value.words}</div> : null}</div>
    </>
  );
}
