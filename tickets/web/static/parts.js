// Small pieces that every pane uses.
import { html, useCallback, useEffect, useLayoutEffect, useRef, useState } from "./lib.js";
import { reason } from "./desk.js";
import { t } from "./i18n.js";
import { ago, due, exact, percent } from "./format.js";

export const Icon = ({ name }) => html`<svg class="icon" aria-hidden="true"><use href=${`#${name}`} /></svg>`;

/** The icons become part of the page, so that those shown for the first time while offline are there too. */
export async function loadIcons() {
  const answer = await fetch("/static/icons.svg");
  const sprite = new DOMParser().parseFromString(await answer.text(), "image/svg+xml").documentElement;
  sprite.setAttribute("hidden", "");
  document.body.append(sprite);
}

export const Time = ({ at }) => html`<time datetime=${at} title=${exact(at)}>${ago(at)}</time>`;

export const Skeleton = ({ lines = 5 }) => html`
  <div class="skeleton" role="status">
    <span class="hidden">${t("loading")}</span>
    ${Array.from({ length: lines }, (_, at) => html`<i key=${at} />`)}
  </div>
`;

export const Failure = ({ retry }) => html`
  <div class="blank" role="alert">
    <${Icon} name="alert" />
    <p>${t("error.load")}</p>
    <button onClick=${retry}>${t("error.retry")}</button>
  </div>
`;

export const Empty = ({ icon = "check", children }) => html`
  <div class="blank"><${Icon} name=${icon} /><p>${children}</p></div>
`;

const level = (score) => (score >= 0.7 ? "danger" : score >= 0.4 ? "warning" : "good");

export const AngerBar = ({ score }) => html`
  <span
    class="anger"
    role="img"
    aria-label=${t("anger.value", { n: percent(score) })}
    title=${t("anger.value", { n: percent(score) })}
  >
    <i class=${level(score)} style=${{ width: `${Math.max(4, percent(score))}%` }} />
  </span>
`;

export function Due({ at }) {
  const left = due(at);
  return left && html`
    <span class=${`due ${left.level}`} title=${left.long} aria-label=${left.long} role="img">${left.short}</span>
  `;
}

/** A real modal: the browser keeps the focus in it, closes it on Escape and gives the focus back.
 *  It opens before the next key arrives, not after the next paint: what a quick agent types at once belongs in it. */
export function Modal({ label, close, children }) {
  const box = useRef(null);
  useLayoutEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    return () => before?.focus?.();
  }, []);
  const outside = (event) => event.target === box.current && close();
  return html`<dialog ref=${box} aria-label=${label} onClose=${close} onClick=${outside}>${children}</dialog>`;
}

export const problemOf = (error) => reason(error);

export const Problem = ({ text }) => html`<p class="problem" role="alert">${text}</p>`;

/** A list of the API in its states: [{state, items}, reload]. */
export function useList(ask) {
  const [list, set] = useState({ state: "loading", items: [] });
  const reload = useCallback(
    () =>
      ask().then(
        (items) => set({ state: "full", items }),
        () => set({ state: "error", items: [] }),
      ),
    [ask],
  );
  useEffect(() => { reload(); }, [reload]);
  return [list, reload];
}

/** For what can't be undone: the first click arms it for some seconds, the second does it. */
export function Sure({ label, run }) {
  const [armed, arm] = useState(false);
  useEffect(() => {
    const timer = armed && setTimeout(arm, 4000, false);
    return () => clearTimeout(timer);
  }, [armed]);
  const click = () => { arm(!armed); if (armed) run(); };
  return html`<button class=${armed ? "armed" : ""} onClick=${click}>${armed ? t("sure", { label }) : label}</button>`;
}

/** A secret that is shown this once. */
export function Once({ title, text, close }) {
  const [copied, setCopied] = useState(false);
  const box = useRef(null);
  // It may be far from the button that made it.
  useEffect(() => { box.current.scrollIntoView({ block: "center" }); box.current.focus(); }, [text]);
  const copy = async () => {
    box.current.select();
    // On plain http there is no clipboard, but the selection is there to be copied by hand.
    await navigator.clipboard?.writeText(text).then(() => setCopied(true), () => {});
  };
  return html`
    <div class="card once" role="status">
      <h3 dir="auto">${title}</h3>
      <div class="row">
        <input readonly ref=${box} value=${text} aria-label=${title} onFocus=${(event) => event.target.select()} />
        <button onClick=${copy}>${t(copied ? "copied" : "copy")}</button>
      </div>
      <p class="muted">${t("once")}</p>
      <button onClick=${close}>${t("once.done")}</button>
    </div>
  `;
}
