import { html } from "./lib.js";
import { correctAnger, open, pane, show, undoMerge } from "./desk.js";
import { named, t } from "./i18n.js";
import { percent } from "./format.js";
import { Icon, Skeleton, Time } from "./parts.js";

const Part = ({ title, children }) => html`<section class="part"><h2>${title}</h2>${children}</section>`;

function Curve({ anger }) {
  const points = anger.trend.map(([, score]) => score);
  const drawn = points.length > 1 ? points : [points[0] ?? anger.score, points[0] ?? anger.score];
  const line = drawn.map((score, at) => `${(at / (drawn.length - 1)) * 200},${46 - score * 42}`).join(" ");
  const label = t("packet.curve", { n: points.length, now: percent(anger.score) });
  return html`<figure><svg class="curve" viewBox="0 0 200 48" preserveAspectRatio="none" role="img" aria-label=${label}>
    <line x1="0" y1="16.6" x2="200" y2="16.6" /><polyline points=${line} /></svg><figcaption>${label}</figcaption></figure>`;
}

const Texts = ({ items }) => html`<ul>${items.map((item) => html`<li key=${item} dir="auto">${item}</li>`)}</ul>`;

const Identities = ({ items }) => html`<ul>${items.map((one) => html`<li key=${one.identity}>
  <span class="badge">${named("channel", one.channel)}</span> <span class="id">${one.identity}</span>${" "}
  <small>${t(one.verified ? "packet.verified" : "packet.unverified")}</small></li>`)}</ul>`;

const Articles = ({ items }) => html`<ul>${items.map((one) => html`<li key=${one.slug}>
  <a href=${one.url} target="_blank" rel="noopener">${one.title}</a>${one.rejected && html` <small>${t("packet.rejected")}</small>`}</li>`)}</ul>`;

const LABELS = ["calm", "complaint", "frustrated", "angry"];
const labelOf = (message) => message.anger_label ?? LABELS[[0.15, 0.4, 0.7].filter((edge) => message.anger >= edge).length];

/** The customer's last messages with what each was taken for; the agent may know better, and the next training learns it. */
const Scores = () => html`<ul class="scores">${open.value.messages.filter((m) => m.author === "customer" && m.cursor && m.anger !== null).slice(-3).map((message) => html`
  <li key=${message.id}><span class="words" dir="auto">${message.text.slice(0, 80)}</span>
    <select aria-label=${t("anger.correct")} value=${labelOf(message)} onChange=${(event) => correctAnger(message, event.target.value)}>
      ${LABELS.map((label) => html`<option key=${label} value=${label} selected=${label === labelOf(message)}>${t(`anger.${label}`)}</option>`)}</select></li>`)}</ul>`;

const Merges = ({ items }) => html`<ul>${items.map((one) => html`<li key=${one.id}><span class="id">${one.merged_id}</span>${" "}
  <small>${one.proof} · <${Time} at=${one.at} /></small>${" "}
  ${one.undone_at ? html`<small>${t("packet.undone")}</small>` : html`<button class="link" onClick=${() => undoMerge(one)}>${t("undo")}</button>`}</li>`)}</ul>`;

const Past = ({ items }) => html`<ul>${items.map((one) => html`<li key=${one.ref}>
  <button class="link" onClick=${() => show(one.ref)}>${one.ref}</button> <small>${t(`status.${one.status}`)} · <${Time} at=${one.created_at} /></small>
  <p dir="auto">${one.wanted}</p></li>`)}</ul>`;

const Facts = ({ slots }) => html`<dl>${Object.entries(slots).map(([name, value]) => html`<dt key=${name}>${name}</dt><dd>${String(value)}</dd>`)}</dl>`;

function Inside() {
  const { state, packet, past, merges } = open.value;
  if (state === "loading") return html`<${Skeleton} lines=${8} />`;
  if (state !== "full" || !packet) return null;
  return html`<${Part} title=${t("packet.wanted")}><p class="wanted" dir="auto">${packet.wanted}</p><//>
    <${Part} title=${t("packet.evidence")}><p>${named("reason", packet.reason)}</p><${Texts} items=${packet.evidence} /><//>
    <${Part} title=${t("packet.tried")}>${packet.tried.length ? html`<${Texts} items=${packet.tried} />` : html`<p class="muted">${t("packet.tried.none")}</p>`}<//>
    ${packet.articles.length > 0 && html`<${Part} title=${t("packet.articles")}><${Articles} items=${packet.articles} /><//>`}
    <${Part} title=${t("anger")}><${Curve} anger=${packet.anger} /><${Texts} items=${packet.anger.evidence} /><${Scores} /><//>
    ${Object.keys(packet.slots).length > 0 && html`<${Part} title=${t("packet.facts")}><${Facts} slots=${packet.slots} /><//>`}
    <${Part} title=${t("packet.identities")}><${Identities} items=${packet.customer.identities} /><//>
    ${merges.length > 0 && html`<${Part} title=${t("packet.merges")}><${Merges} items=${merges} /><//>`}
    <${Part} title=${t("packet.past")}>${past.length ? html`<${Past} items=${past} />` : html`<p class="muted">${t("packet.past.none")}</p>`}<//>`;
}

export const PacketPane = () => html`<aside class="pane packet" aria-label=${t("packet.label")}>
  <button class="quiet narrow" onClick=${() => (pane.value = "thread")}><${Icon} name="back" />${t("back")}</button>
  <div class="scroll" tabindex="0"><${Inside} /></div></aside>`;
