import { html, useEffect, useState } from "./lib.js";
import { VIEWS, act, choose, dialog, isDone, isMine, logOut, open, queue, show, toast } from "./desk.js";
import { giveChoices, restChoices, wakeChoice } from "./choices.js";
import { switchLanguage, t } from "./i18n.js";
import { switchTheme } from "./theme.js";
import { focusComposer } from "./composer.js";
import { allowed, goTo } from "./pages.js";
import { Modal } from "./parts.js";

function chooseFiles() {
  focusComposer("reply");
  setTimeout(() => document.querySelector("#attach")?.click());
}

const close = () => (dialog.value = null);

function actionsOf(ticket) {
  if (ticket.status === "closed") return [];
  if (isDone(ticket)) return ["reopen"];
  if (isMine.value) return ["resolve", "handback", "release"];
  return ticket.assignee ? [] : ["claim"];
}

function onTicket() {
  const { ticket } = open.value;
  if (!ticket) return [];
  const write = [
    ["reply", "help.reply"],
    ["note", "help.note"],
  ].map(([kind, key]) => [t(key), () => setTimeout(focusComposer, 0, kind)]);
  const attach = isMine.value && !isDone(ticket) ? [[t("attach.command"), () => setTimeout(chooseFiles)]] : [];
  const later = restChoices(ticket).map(([until, run]) => [t("palette.snooze", { until }), run]);
  const assign = giveChoices(ticket).map(([name, run]) => [t("palette.assign", { name }), run]);
  return [
    ...wakeChoice(ticket),
    ...actionsOf(ticket).map((name) => [`${t(`action.${name}`)}: ${ticket.ref}`, () => act(name)]),
    ...write,
    ...attach,
    ...later,
    ...assign,
  ];
}

const commands = () => [
  ...(toast.value?.undo ? [[t("undo"), toast.value.undo]] : []),
  ...onTicket(),
  ...Object.keys(VIEWS).map((name) => [t("palette.go", { name: t(`view.${name}`) }), () => choose(name)]),
  ...queue.value.items.map((item) => [
    `${item.customer.name || t("customer.unnamed")} · ${item.ref}`,
    () => show(item.ref),
  ]),
  ...allowed().map((name) => [t("palette.go", { name: t(`page.${name}`) }), () => goTo(name)]),
  [t("theme.switch"), switchTheme],
  [`${t("language.label")}: ${t("language.switch")}`, switchLanguage],
  [t("help.label"), () => (dialog.value = "help")],
  [t("logout"), logOut],
];

export function Palette() {
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const wanted = words.toLowerCase().split(/\s+/);
  const found = commands().filter(([name]) => wanted.every((word) => name.toLowerCase().includes(word)));
  useEffect(() => document.querySelector(`#command${at}`)?.scrollIntoView({ block: "nearest" }), [at]);
  const run = (command) => { close(); command?.[1](); };
  const keys = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) setAt((at + step + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") run(found[at]);
    else return;
    event.preventDefault();
  };
  return html`
    <${Modal} label=${t("palette.label")} close=${close}>
      <input
        class="ask"
        role="combobox"
        aria-expanded="true"
        aria-controls="commands"
        aria-activedescendant=${found[at] ? `command${at}` : null}
        autofocus
        aria-label=${t("palette.hint")}
        placeholder=${t("palette.hint")}
        value=${words}
        onInput=${(e) => { setWords(e.target.value); setAt(0); }}
        onKeyDown=${keys}
      />
      <ul id="commands" role="listbox" aria-label=${t("palette.label")}>
        ${found.map((command, n) => html`
          <li
            key=${`${n}${command[0]}`}
            id=${`command${n}`}
            role="option"
            aria-selected=${String(n === at)}
            onClick=${() => run(command)}
          >
            ${command[0]}
          </li>
        `)}
      </ul>
      ${!found.length && html`<p class="muted">${t("palette.none")}</p>`}
    <//>
  `;
}

const KEYS = [
  ["J / K", "help.move"],
  ["Ctrl K", "help.palette"],
  ["C", "help.claim"],
  ["R", "help.reply"],
  ["N", "help.note"],
  ["U", "help.undo"],
  ["Enter", "help.send"],
  ["?", "help.this"],
  ["Esc", "help.close"],
];

export const Help = () => html`
  <${Modal} label=${t("help.label")} close=${close}>
    <h2>${t("help.label")}</h2>
    <dl class="keys">
      ${KEYS.map(([key, name]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${t(name)}</dd></div>`)}
    </dl>
    <button autofocus onClick=${close}>${t("close")}</button>
  <//>
`;

export function onKey(event) {
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    dialog.value = dialog.value === "palette" ? null : "palette";
    return null;
  }
  const writing = event.target.closest?.("input, textarea, select, dialog");
  return writing || dialog.value || event.ctrlKey || event.metaKey || event.altKey ? null : event.key;
}
