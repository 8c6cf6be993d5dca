// Small pieces that every pane uses.
import { html, useEffect, useRef } from "./lib.js";
import { t } from "./i18n.js";
import { ago, due, exact, percent } from "./format.js";

export const Icon = ({ name }) => html`<svg class="icon" aria-hidden="true"><use href=${`/static/icons.svg#${name}`} /></svg>`;

export const Time = ({ at }) => html`<time datetime=${at} title=${exact(at)}>${ago(at)}</time>`;

export const Skeleton = ({ lines = 5 }) => html`
  <div class="skeleton" role="status"><span class="hidden">${t("loading")}</span>
    ${Array.from({ length: lines }, (_, at) => html`<i key=${at} />`)}</div>`;

export const Failure = ({ retry }) => html`
  <div class="blank" role="alert"><${Icon} name="alert" /><p>${t("error.load")}</p>
    <button onClick=${retry}>${t("error.retry")}</button></div>`;

export const Empty = ({ icon = "check", children }) => html`<div class="blank"><${Icon} name=${icon} /><p>${children}</p></div>`;

const level = (score) => (score >= 0.7 ? "danger" : score >= 0.4 ? "warning" : "good");

export const AngerBar = ({ score }) => html`
  <span class="anger" role="img" aria-label=${t("anger.value", { n: percent(score) })} title=${t("anger.value", { n: percent(score) })}>
    <i class=${level(score)} style=${{ width: `${Math.max(4, percent(score))}%` }} /></span>`;

export function Due({ at }) {
  const left = due(at);
  return left && html`<span class=${`due ${left.level}`} title=${left.long} aria-label=${left.long} role="img">${left.short}</span>`;
}

/** A real modal: the browser keeps the focus in it, closes it on Escape and gives the focus back. */
export function Modal({ label, close, children }) {
  const box = useRef(null);
  useEffect(() => {
    const before = document.activeElement;
    box.current.showModal();
    return () => before?.focus?.();
  }, []);
  const outside = (event) => event.target === box.current && close();
  return html`<dialog ref=${box} aria-label=${label} onClose=${close} onClick=${outside}>${children}</dialog>`;
}
