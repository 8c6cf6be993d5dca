import { html, useLayoutEffect, useRef, useState } from "./lib.js";
import { isDone, isMine, mode, open, post, primary, ref } from "./desk.js";
import { named, t } from "./i18n.js";
import { typing } from "./live.js";
import { recall, remember } from "./store.js";

export const focusComposer = (kind) => {
  mode.value = kind;
  document.querySelector("#compose")?.focus();
};

const draftKey = () => `draft.${ref.value}.${mode.value}`;

const Switch = () => html`<div class="switch" role="group" aria-label=${t("compose.mode")}>${["reply", "note"].map((kind) => html`
  <button type="button" key=${kind} aria-pressed=${String(mode.value === kind)} onClick=${() => focusComposer(kind)}>${t(`compose.${kind}`)}</button>`)}</div>`;

const Chips = ({ use }) => html`<div class="chips" role="group" aria-label=${t("compose.suggestions")}>${open.value.packet.suggestions.map((s) => html`
  <button type="button" key=${s.title} title=${s.text} onClick=${() => use(s)}>${s.title}</button>`)}</div>`;

function grow(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, innerHeight * 0.35)}px`;
}

function useDraft() {
  const [, redraw] = useState(0);
  const set = (text) => {
    remember(draftKey(), text);
    drafts.set(draftKey(), text);
    redraw((n) => n + 1);
  };
  return [drafts.get(draftKey()) ?? recall(draftKey()) ?? "", set];
}
const drafts = new Map(); // typing goes on where storage is refused

/** Which way the reply will go, as the bot foresees it. */
function way(ticket) {
  const { route } = open.value;
  const channel = named("channel", route?.channel || ticket.channel);
  const via = t("compose.via", { channel, language: t(`language.${ticket.language}`) });
  const warning = route && route.kind !== "direct" ? t(`route.${route.kind}`, { channel }) : "";
  return [via, warning].filter(Boolean).join(" · ");
}

export function Composer() {
  const field = useRef(null);
  const [text, setText] = useDraft();
  const { ticket, packet } = open.value;
  const note = mode.value === "note";
  const allowed = note || (isMine.value && !isDone(ticket));
  useLayoutEffect(() => field.current && grow(field.current), [text, mode.value]);
  const write = ({ target }) => {
    setText(target.value);
    typing(ticket.ref, note);
  };
  const submit = (event) => {
    event?.preventDefault();
    if (!text.trim() || !allowed) return;
    setText("");
    post(text.trim(), note);
  };
  const keys = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
    if (event.key === "Escape") field.current.blur();
  };
  const use = (s) => { setText(text ? `${text}\n\n${s.text}` : s.text); field.current.focus(); };
  const wait = primary.value === "claim" && !note;
  return html`<form class=${`composer ${mode.value}`} onSubmit=${submit}>
    ${!note && allowed && packet?.suggestions?.length > 0 && html`<${Chips} use=${use} />`}
    <div class="row"><${Switch} /><span class="via">${wait ? t("compose.claim") : !note && way(ticket)}</span></div>
    <div class="row"><textarea id="compose" ref=${field} rows="2" dir="auto" value=${text} readonly=${!allowed}
      aria-label=${t(`compose.${mode.value}`)} placeholder=${t(`compose.${mode.value}.hint`)} onInput=${write} onKeyDown=${keys} />
      <button disabled=${!allowed || !text.trim()}>${t(note ? "action.note" : "help.send")}</button></div></form>`;
}
