import { effect, html, render, useEffect, useLayoutEffect, useRef } from "./lib.js";
import { act, agent, begin, dialog, logOut, move, page, pane, primary, toast } from "./desk.js";
import { firstLanguage, t, useLanguage } from "./i18n.js";
import { letters } from "./letters.js";
import { connected } from "./live.js";
import { applyTheme } from "./theme.js";
import { LogIn } from "./login.js";
import { Queue } from "./queue.js";
import { Thread } from "./thread.js";
import { PacketPane } from "./packet.js";
import { Help, Palette, onKey } from "./palette.js";
import { Settings } from "./settings.js";
import { Page, fromAddress, goTo } from "./pages.js";
import { focusComposer } from "./composer.js";
import { Icon, Skeleton, loadIcons } from "./parts.js";

const SHORT = {
  j: () => move(1), k: () => move(-1), c: () => primary.value === "claim" && act("claim"),
  r: () => focusComposer("reply"), n: () => focusComposer("note"), "?": () => (dialog.value = "help"),
  u: () => toast.value?.undo && undo(),
};

function undo() {
  const { undo: run } = toast.value;
  dismiss();
  run();
}

/** The focus does not go with the toast. */
function dismiss() {
  const held = document.activeElement.closest(".toast");
  toast.value = null;
  if (held) document.querySelector(page.value ? ".page h2" : `.pane.${pane.value}`)?.focus();
}

function press(event) {
  const key = onKey(event);
  const run = SHORT[key];
  if (!run || !letters.value || (page.value && key !== "?")) return;
  event.preventDefault();
  run();
}

function Toast() {
  const shown = toast.value;
  return html`
    <div class="toast" role="status">
      ${shown && html`
        <p>
          ${shown.text}
          ${shown.undo && html` <button onClick=${undo}>${t("undo")}</button>`}
          <button class="quiet" aria-label=${t("close")} onClick=${dismiss}>
            <${Icon} name="close" />
          </button>
        </p>
      `}
    </div>
  `;
}

const Top = () => html`
  <header class="top">
    <h1 class="brand">Faden</h1>
    <span class=${`live ${connected.value ? "on" : "off"}`} role="status">
      ${t(connected.value ? "live.on" : "live.off")}
    </span>
    <button class="quiet keys" aria-label=${t("palette.label")} onClick=${() => (dialog.value = "palette")}>
      <${Icon} name="search" />
      <kbd>Ctrl K</kbd>
    </button>
    <button class="quiet keys" aria-label=${t("help.label")} onClick=${() => (dialog.value = "help")}>
      <${Icon} name="keyboard" />
    </button>
    <button
      class="quiet"
      aria-label=${t("page.questions")}
      aria-current=${page.value === "questions" ? "page" : null}
      onClick=${() => goTo(page.value === "questions" ? null : "questions")}
    >
      <${Icon} name="article" />
      <span class="wide">${t("page.questions")}</span>
    </button>
    <${Settings} />
    <button
      class="quiet me"
      aria-label=${`${agent.value.name}: ${t("page.account")}`}
      onClick=${() => goTo(page.value ? null : "account")}
    >
      <${Icon} name="menu" />
      <span dir="auto">${agent.value.name}</span>
    </button>
    <button class="quiet leave" onClick=${logOut}>${t("logout")}</button>
  </header>
`;

/** What had the focus may have given its place to another pane: then the focus goes along. */
function useFocusInSight() {
  const had = useRef(false);
  useLayoutEffect(() => {
    const note = () => (had.current = true);
    addEventListener("focusin", note);
    return () => removeEventListener("focusin", note);
  }, []);
  useEffect(() => {
    const lost = document.activeElement === document.body || !document.activeElement.checkVisibility();
    if (had.current && lost && !page.value) document.querySelector(`.pane.${pane.value}`)?.focus();
  }, [pane.value, page.value]);
}

function Desk() {
  useFocusInSight();
  useLayoutEffect(() => {
    addEventListener("keydown", press);
    addEventListener("hashchange", fromAddress);
    fromAddress();
    return () => { removeEventListener("keydown", press); removeEventListener("hashchange", fromAddress); };
  }, []);
  return html`
    <div class=${`desk show-${pane.value}`}>
      <${Top} />
      <main hidden=${Boolean(page.value)}><${Queue} /><${Thread} /><${PacketPane} /></main>
      <${Page} />
      ${dialog.value === "palette" && html`<${Palette} />`}
      ${dialog.value === "help" && html`<${Help} />`}
    </div>
  `;
}

function App() {
  if (agent.value === undefined) return html`<main class="login"><${Skeleton} /></main>`;
  return html`${agent.value ? html`<${Desk} />` : html`<${LogIn} />`}<${Toast} />`;
}

applyTheme();
await Promise.all([useLanguage(firstLanguage()), loadIcons()]);
effect(() => { if (agent.value === null) dialog.value = null; });
render(html`<${App} />`, document.querySelector("#desk"));
begin();
