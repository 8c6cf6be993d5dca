import { html, useEffect, useRef } from "./lib.js";
import { VIEWS, choose, loadQueue, news, queue, ref, search, show, view } from "./desk.js";
import { named, t } from "./i18n.js";
import { AngerBar, Due, Empty, Failure, Skeleton, Time } from "./parts.js";

const Views = () => html`<nav class="views" aria-label=${t("views")}>${Object.keys(VIEWS).map((name) => html`
  <button key=${name} aria-pressed=${String(view.value === name)} onClick=${() => choose(name)}>${t(`view.${name}`)}</button>`)}</nav>`;

let typing;
const find = (event) => {
  search.value = event.target.value.trim();
  clearTimeout(typing);
  typing = setTimeout(loadQueue, 250);
};

function Line({ ticket }) {
  const line = useRef(null);
  const current = ticket.ref === ref.value;
  useEffect(() => { if (current) line.current.scrollIntoView({ block: "nearest" }); }, [current]);
  return html`<li><button class="line" ref=${line} aria-current=${current ? "true" : null} onClick=${() => show(ticket.ref)}>
    <span class="who" dir="auto">${ticket.customer.name || t("customer.unnamed")}</span><${Due} at=${ticket.due_at} />
    <span class="last" dir="auto">${ticket.last?.text || ticket.wanted}</span>
    <span class="why">${named("reason", ticket.reason)}</span><${AngerBar} score=${ticket.anger} /><${Time} at=${ticket.last?.at ?? ticket.created_at} />
  </button></li>`;
}

function List() {
  const { state, items, next } = queue.value;
  if (state === "loading") return html`<${Skeleton} lines=${6} />`;
  if (state === "error" && !items.length) return html`<${Failure} retry=${() => loadQueue()} />`;
  if (!items.length) return html`<${Empty}>${t(`queue.empty.${view.value}`)}<//>`;
  return html`<ul class="lines">${items.map((ticket) => html`<${Line} key=${ticket.ref} ticket=${ticket} />`)}</ul>
    ${state === "error" && html`<${Failure} retry=${() => loadQueue(true)} />`}
    ${next && state !== "error" && html`<button class="more" onClick=${() => loadQueue(true)}>${t("queue.more")}</button>`}`;
}

export const Queue = () => html`<section class="pane queue" aria-label=${t("queue.label")}>
  <${Views} />
  <input class="search" type="search" aria-label=${t("queue.search")} placeholder=${t("queue.search")} value=${search.value} onInput=${find} />
  <div class="news" role="status">${news() && html`<button onClick=${() => loadQueue()}>${news()}</button>`}</div>
  <div class="scroll"><${List} /></div>
</section>`;
