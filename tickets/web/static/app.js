import { effect, html, render, useEffect } from "./lib.js";
import { act, agent, begin, dialog, logOut, move, pane, primary, toast } from "./desk.js";
import { firstLanguage, t, useLanguage } from "./i18n.js";
import { connected } from "./live.js";
import { applyTheme } from "./theme.js";
import { LogIn } from "./login.js";
import { Queue } from "./queue.js";
import { Thread } from "./thread.js";
import { PacketPane } from "./packet.js";
import { Help, Palette, onKey } from "./palette.js";
import { Settings } from "./settings.js";
import { focusComposer } from "./composer.js";
import { Icon, Skeleton } from "./parts.js";

const SHORT = {
  j: () => move(1), k: () => move(-1), c: () => primary.value === "claim" && act("claim"),
  r: () => focusComposer("reply"), n: () => focusComposer("note"), "?": () => (dialog.value = "help"),
};

function press(event) {
  const run = SHORT[onKey(event)];
  if (!run) return;
  event.preventDefault();
  run();
}

function Toast() {
  const shown = toast.value;
  const undo = () => { toast.value = null; shown.undo(); };
  return html`<div class="toast" role="status">${shown && html`<p>${shown.text}${shown.undo && html` <button onClick=${undo}>${t("undo")}</button>`}</p>`}</div>`;
}

const Top = () => html`<header class="top"><h1 class="brand">Faden</h1>
  <span class=${`live ${connected.value ? "on" : "off"}`} role="status">${t(connected.value ? "live.on" : "live.off")}</span>
  <button class="quiet keys" aria-label=${t("palette.label")} onClick=${() => (dialog.value = "palette")}><${Icon} name="search" /><kbd>Ctrl K</kbd></button>
  <button class="quiet keys" aria-label=${t("help.label")} onClick=${() => (dialog.value = "help")}><${Icon} name="keyboard" /></button>
  <${Settings} /><span class="me" dir="auto">${agent.value.name}</span><button class="quiet" onClick=${logOut}>${t("logout")}</button></header>`;

function Desk() {
  useEffect(() => {
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
  return html`<div class=${`desk show-${pane.value}`}><${Top} /><main><${Queue} /><${Thread} /><${PacketPane} /></main>
    ${dialog.value === "palette" && html`<${Palette} />`}${dialog.value === "help" && html`<${Help} />`}</div>`;
}

function App() {
  if (agent.value === undefined) return html`<main class="login"><${Skeleton} /></main>`;
  return html`${agent.value ? html`<${Desk} />` : html`<${LogIn} />`}<${Toast} />`;
}

applyTheme();
await useLanguage(firstLanguage());
effect(() => { if (agent.value === null) dialog.value = null; });
render(html`<${App} />`, document.querySelector("#desk"));
begin();
