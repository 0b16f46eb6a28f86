// SPDX-License-Identifier: Apache-2.0
// A modal question with its answer: the browser's own dialog, so that focus and Escape work as everywhere.
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Refused, wordsOf } from "../lib/api";
import { pick, t } from "../lib/i18n";

interface Props { title: string; action: string; onClose: () => void; onSubmit: (form: FormData) => Promise<void>; children?: ComponentChildren; note?: string }

export function Dialog({ title, action, onClose, onSubmit, children, note }: Props): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [isBusy, setBusy] = useState(false);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    dialog.current?.showModal();
    dialog.current?.querySelector<HTMLElement>("[autofocus],input,select,textarea")?.focus();
    return () => {
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  const submit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    if (isBusy) return;
    setBusy(true);
    try {
      await onSubmit(new FormData(event.currentTarget as HTMLFormElement));
    } catch (problem) {
      setFailure(problem);
      setBusy(false);
    }
  };
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby={id} onClose={onClose} onCancel={onClose}>
      <form method="dialog" onSubmit={(event) => void submit(event)}>
        <h2 id={id}>{title}</h2>
        {note ? <p class="dim">{note}</p> : null}
        {children}
        {failure !== null ? <Failure failure={failure} /> : null}
        <div class="dialog-acts">
          <button type="button" class="btn" onClick={onClose}>{t("act.cancel")}</button>
          <button type="submit" class="btn pri" disabled={isBusy}>{action}</button>
        </div>
      </form>
    </dialog>
  );
}

export function Failure({ failure }: { failure: unknown }): JSX.Element {
  const lacks = failure instanceof Refused ? failure.fault.lacks : undefined;
  return (
    <div class="failure" role="alert">
      {lacks ? (
        <>
          <b>{t("state.lacks")}</b>
          <ul>{lacks.map((lack) => <li key={lack.field}>{pick(lack.vi, lack.en)}</li>)}</ul>
        </>
      ) : wordsOf(failure)}
      {failure instanceof Refused ? <small class="mono">{failure.fault.code}</small> : null}
    </div>
  );
}

interface FieldProps { label: string; name: string; value?: string; isLong?: boolean; isRequired?: boolean; hint?: string; type?: "password"; autoComplete?: string }

export function Field({ label, name, value, isLong, isRequired, hint, type, autoComplete }: FieldProps): JSX.Element {
  const id = useId();
  return (
    <p class="field">
      <label for={id}>{label}</label>
      {isLong ? <textarea id={id} name={name} rows={4} required={isRequired} defaultValue={value} /> : null}
      {!isLong && type === "password" ? <input id={id} name={name} type="password" required={isRequired} autoComplete={autoComplete ?? "off"} /> : null}
      {!isLong && type !== "password" ? <input id={id} name={name} type="text" required={isRequired} defaultValue={value} autoComplete={autoComplete ?? "off"} /> : null}
      {hint ? <small>{hint}</small> : null}
    </p>
  );
}

export function Choice({ label, name, value, options }: { label: string; name: string; value?: string; options: { value: string; words: string }[] }): JSX.Element {
  const id = useId();
  return (
    <p class="field">
      <label for={id}>{label}</label>
      <select id={id} name={name} defaultValue={value ?? options[0]?.value ?? ""}>{options.map((one) => <option key={one.value} value={one.value}>{one.words}</option>)}</select>
    </p>
  );
}
