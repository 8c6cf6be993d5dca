import { html, useLayoutEffect, useRef } from "./lib.js";
import { isDone, isMine, mode, open, post, primary } from "./desk.js";
import { AttachButton, Attached, pasted, useDrop } from "./attach.js";
import { draftOf, keepDraft } from "./drafts.js";
import { language, t } from "./i18n.js";
import { typing } from "./live.js";
import { wayOf } from "./route.js";
import { filesOf, takeFiles, waiting } from "./uploads.js";

/** What the service takes in one message. */
const MOST = 8000;

export const focusComposer = (kind) => {
  mode.value = kind;
  document.querySelector("#compose")?.focus();
};

const Switch = () => html`
  <div class="switch" role="group" aria-label=${t("compose.mode")}>
    ${["reply", "note"].map((kind) => html`
      <button
        type="button"
        key=${kind}
        aria-pressed=${String(mode.value === kind)}
        onClick=${() => focusComposer(kind)}
      >
        ${t(`compose.${kind}`)}
      </button>
    `)}
  </div>
`;

const Chips = ({ use }) => html`
  <div class="chips" role="group" aria-label=${t("compose.suggestions")}>
    ${open.value.packet.suggestions.map((s) => html`
      <button type="button" key=${s.title} title=${s.text} onClick=${() => use(s)}>${s.title}</button>
    `)}
  </div>
`;

function grow(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, innerHeight * 0.35)}px`;
}

function Way({ ticket, wait, note }) {
  if (note) return null;
  if (!isDone(ticket) && ticket.assignee && !isMine.value) {
    return html`<span class="via" id="way">${t("compose.taken", { name: ticket.assignee.name })}</span>`;
  }
  const { level, text } = wayOf(open.value.route, ticket);
  const first = wait ? "claim" : isDone(ticket) && (ticket.status === "closed" ? "closed" : "reopen");
  // Whoever thinks of taking a ticket should know that its customer can't be answered there.
  if (first && level !== "danger") return html`<span class="via" id="way">${t(`compose.${first}`)}</span>`;
  return html`<span class=${`via ${level}`} id="way">${text}</span>`;
}

function Count({ text }) {
  if (text.length < MOST * 0.9) return null;
  const number = new Intl.NumberFormat(language.value);
  return html`
    <span class=${`count ${text.length > MOST ? "danger" : ""}`} role="status">
      ${number.format(text.length)} / ${number.format(MOST)}
    </span>
  `;
}

export function Composer() {
  const field = useRef(null);
  const { ticket, packet } = open.value;
  const note = mode.value === "note";
  const text = draftOf(ticket.ref, note);
  const setText = (words) => keepDraft(ticket.ref, note, words);
  const allowed = note || (isMine.value && !isDone(ticket));
  const files = note ? [] : filesOf(ticket.ref);
  const full =
    allowed && !(files.length && waiting.value) && (text.trim() || files.some((file) => file.state === "ready"));
  const over = useDrop(ticket.ref, allowed && !note);
  useLayoutEffect(() => field.current && grow(field.current), [text, mode.value]);
  const write = ({ target }) => {
    setText(target.value);
    typing(ticket.ref, note);
  };
  const submit = (event) => {
    event?.preventDefault();
    if (!full) return;
    setText("");
    post(text.trim(), note, note ? [] : takeFiles(ticket.ref));
  };
  const keys = (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
    if (event.key === "Escape") field.current.blur();
  };
  const use = (s) => { setText(text ? `${text}\n\n${s.text}` : s.text); field.current.focus(); };
  const wait = primary.value === "claim" && !note;
  return html`
    <form class=${`composer ${mode.value} ${over ? "over" : ""}`} onSubmit=${submit}>
      ${!note && allowed && packet?.suggestions?.length > 0 && html`<${Chips} use=${use} />`}
      <div class="row"><${Switch} /><${Way} ticket=${ticket} wait=${wait} note=${note} /></div>
      ${over && html`<p class="drop">${t("attach.drop")}</p>`}
      ${!note && html`<${Attached} where=${ticket.ref} />`}
      <div class="row">
        <textarea
          id="compose"
          ref=${field}
          rows="2"
          dir="auto"
          value=${text}
          readonly=${!allowed}
          aria-label=${t(`compose.${mode.value}`)}
          aria-describedby="way"
          placeholder=${t(`compose.${mode.value}.hint`)}
          onInput=${write}
          onKeyDown=${keys}
          onPaste=${(event) => allowed && !note && pasted(event, ticket.ref)}
        />
        <${Count} text=${text} />
        ${!note && allowed && html`<${AttachButton} where=${ticket.ref} />`}
        <button class=${full ? "primary" : ""} disabled=${!full}>${t(note ? "action.note" : "help.send")}</button>
      </div>
    </form>
  `;
}
