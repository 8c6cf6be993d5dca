import { html, useEffect, useRef } from "./lib.js";
import { VIEWS, choose, fits, loadQueue, news, queue, ref, search, show, view } from "./desk.js";
import { isolated, named, plural, t } from "./i18n.js";
import { AngerBar, Due, Empty, Failure, Skeleton, Time } from "./parts.js";

const Views = () => html`
  <nav class="views" aria-label=${t("views")}>
    ${Object.keys(VIEWS).map((name) => html`
      <button key=${name} aria-pressed=${String(view.value === name)} onClick=${() => choose(name)}>
        ${t(`view.${name}`)}
      </button>
    `)}
  </nav>
`;

let typing;
const find = (event) => {
  search.value = event.target.value.trim();
  clearTimeout(typing);
  typing = setTimeout(loadQueue, 250);
};

/** Why it is here, and who has it where that is not plain from the view. */
function why(ticket) {
  const urgent = ticket.priority === "urgent" && t("priority.urgent");
  const holder = view.value !== "mine" && isolated(ticket.assignee?.name ?? "");
  return [urgent, holder, named("reason", ticket.reason)].filter(Boolean).join(" · ");
}

/** One line has no room for marks; a customer's stars are their own. */
function lastWords({ last, wanted }) {
  if (!last?.text) return wanted;
  return last.author === "customer" ? last.text : last.text.replace(/\*\*|__|`/g, "");
}

function Line({ ticket }) {
  const line = useRef(null);
  const current = ticket.ref === ref.value;
  useEffect(() => { if (current) line.current.scrollIntoView({ block: "nearest" }); }, [current]);
  return html`
    <li>
      <button
        class=${`line ${fits(ticket) ? "" : "gone"}`}
        ref=${line}
        aria-current=${current ? "true" : null}
        onClick=${() => show(ticket.ref)}
      >
        <span class="who" dir="auto">${ticket.customer.name || t("customer.unnamed")}</span>
        <${Due} at=${ticket.due_at} />
        <span class="last" dir="auto">${lastWords(ticket)}</span>
        <span class=${`why ${ticket.reason === "danger" ? "alarm" : ""}`}>${why(ticket)}</span>
        <${AngerBar} score=${ticket.anger} />
        <${Time} at=${ticket.last?.at ?? ticket.created_at} />
      </button>
    </li>
  `;
}

function List() {
  const { state, items, next } = queue.value;
  if (state === "loading") return html`<${Skeleton} lines=${6} />`;
  if (state === "error" && !items.length) return html`<${Failure} retry=${() => loadQueue()} />`;
  if (!items.length && search.value) return html`
    <${Empty} icon="search">${t("queue.empty.search", { words: search.value })}<//>
  `;
  if (!items.length) return html`<${Empty}>${t(`queue.empty.${view.value}`)}<//>`;
  return html`
    <ul class="lines">${items.map((ticket) => html`<${Line} key=${ticket.ref} ticket=${ticket} />`)}</ul>
    ${state === "error" && html`<${Failure} retry=${() => loadQueue(Boolean(next))} />`}
    ${next && state !== "error" && html`
      <button class="more" onClick=${() => loadQueue(true)}>${t("queue.more")}</button>
    `}
  `;
}

/** The row of the news has its height also without any, so that nothing moves when they come. */
function count() {
  const { state, items, next } = queue.value;
  return state === "full"
    ? plural("queue.count", items.length, next ? { n: `${items.length}+` } : {})
    : "";
}

export const Queue = () => html`
  <section class="pane queue" tabindex="-1" aria-label=${t("queue.label")}>
    <${Views} />
    <input
      class="search"
      type="search"
      aria-label=${t("queue.search")}
      placeholder=${t("queue.search")}
      value=${search.value}
      onInput=${find}
    />
    <div class="news" role="status">
      ${news()
        ? html`<button onClick=${() => loadQueue()}>${news()}</button>`
        : html`<p class=${queue.value.items.length ? "muted" : "hidden"}>${count()}</p>`}
    </div>
    <div class="scroll"><${List} /></div>
  </section>
`;
