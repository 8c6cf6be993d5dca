import { html, useEffect, useLayoutEffect, useRef, useState } from "./lib.js";
import {
  act,
  agent,
  deliver,
  isDone,
  isMine,
  loadAgents,
  open,
  outgoing,
  pane,
  primary,
  ref,
  refresh,
  retry,
  typist,
} from "./desk.js";
import { giveChoices, restChoices, wakeChoice } from "./choices.js";
import { named, t } from "./i18n.js";
import { clock, dayKey, dayName, exact, when } from "./format.js";
import { Composer, focusComposer } from "./composer.js";
import { Files, Former, Words } from "./marks.js";
import { Menu } from "./menu.js";
import { Empty, Failure, Icon, Skeleton } from "./parts.js";
import { others } from "./presence.js";
import { whyNot } from "./route.js";

const kind = (message) => (message.private ? "note" : message.author);

function State({ message }) {
  if (!message.state) return null;
  // One that never reached the service is sent again; one that a channel refused is tried again there.
  const again = message.state === "failed" && (message.ref ? deliver : retry);
  return html`
    <span class=${`state ${message.state}`} title=${message.reason ? whyNot(message.reason) : ""}>
      ${t(`state.${message.state}`)}
      ${["failed", "skipped"].includes(message.state) && message.reason ? `: ${whyNot(message.reason)}` : ""}
      ${again && html` <button onClick=${() => again(message)}>${t("state.retry")}</button>`}
    </span>
  `;
}

const speaker = (message) =>
  message.author_name ||
  (message.author === "customer" && open.value.ticket.customer.name) ||
  t(`author.${kind(message)}`);

/** A message that follows one of the same speaker within a minute needs no heading of its own. */
const follows = (message, before) =>
  Boolean(before) &&
  kind(before) === kind(message) &&
  before.author_name === message.author_name &&
  before.channel === message.channel &&
  dayKey(before.at) === dayKey(message.at) &&
  Math.abs(new Date(message.at) - new Date(before.at)) < 60_000;

/** What the bot gave to choose from; a single button is no choice. */
const Offered = ({ choices }) => choices?.length > 1 && html`
  <p class="offered" dir="auto">
    ${t("message.offered", { list: choices.map(({ title }) => title).join(" · ") })}
  </p>
`;

const Bubble = ({ message, joined }) => html`
  <li class=${`message ${kind(message)} ${joined ? "joined" : ""}`}>
    <p class="by">
      <b dir="auto">${speaker(message)}</b>
      ${message.private && html`<span class="badge">${t("author.note")}</span>`}
      ${message.channel && !message.private && html`<span class="badge">${named("channel", message.channel)}</span>`}
      <time datetime=${message.at} title=${exact(message.at)}>${clock(message.at)}</time>
    </p>
    <${Words} message=${message} lang=${message.private ? null : open.value.ticket.language} />
    <${Former} message=${message} />
    <${Files} where=${ref.value} items=${message.attachments} at=${message.at} />
    <${Offered} choices=${message.choices} />
    ${message.article && html`
      <a class="file" href=${message.article.url} target="_blank" rel="noopener">
        <${Icon} name="article" />
        <span dir="auto">${message.article.title}</span>
      </a>
    `}
    <${State} message=${message} />
  </li>
`;

/** A message, and before the first one of a day that day's name. */
const entry = (message, before) => [
  (!before || dayKey(before.at) !== dayKey(message.at)) && html`
    <li class="day" key=${`day${message.id}`}><span>${dayName(message.at)}</span></li>
  `,
  html`
    <${Bubble} key=${message.client_id ?? message.id} message=${message} joined=${follows(message, before)} />
  `,
];

function all() {
  const stored = open.value.messages;
  const known = new Set(stored.map((message) => message.client_id));
  const unsent = outgoing.value.filter(
    (item) => item.ref === ref.value && item.agent === agent.value.id && !known.has(item.client_id),
  );
  return [
    ...stored,
    ...unsent.map((item) => ({
      ...item,
      id: item.client_id,
      author: "agent",
      author_name: agent.value.name,
      channel: "",
    })),
  ];
}

function Messages() {
  const box = useRef(null);
  const [below, setBelow] = useState(false);
  const messages = all();
  const seen = useRef({ atEnd: true, count: 0 });
  const toEnd = () => box.current?.scrollTo({ top: box.current.scrollHeight });
  useLayoutEffect(() => {
    // A reader further up keeps the place; the news wait behind a button.
    if (seen.current.atEnd) toEnd();
    else if (messages.length > seen.current.count) setBelow(true);
    seen.current.count = messages.length;
  }, [messages.length]);
  useEffect(() => {
    // Pictures that arrive and a composer that grows must not hide the last words.
    const watch = new ResizeObserver(() => seen.current.atEnd && toEnd());
    if (box.current) [box.current, box.current.firstElementChild].forEach((part) => watch.observe(part));
    return () => watch.disconnect();
  }, [messages.length === 0]);
  const scrolled = ({ target }) => {
    seen.current.atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 40;
    if (seen.current.atEnd) setBelow(false);
  };
  if (!messages.length) return html`<${Empty} icon="chat">${t("thread.empty")}<//>`;
  return html`
    <div class="log">
      <div class="scroll" ref=${box} onScroll=${scrolled} tabindex="0" role="log" aria-label=${t("thread.label")}>
        <ol class="messages">${messages.map((message, at) => entry(message, messages[at - 1]))}</ol>
      </div>
      ${below && html`<button class="below" onClick=${toEnd}>${t("thread.new")}</button>`}
    </div>
  `;
}

function Actions() {
  const first = primary.value;
  const { ticket } = open.value;
  const mine = isMine.value && !isDone(ticket);
  const visible = mine ? ["resolve", "handback"].filter((name) => name !== first) : [];
  const run = (name) => (name === "reply" ? focusComposer("reply") : act(name));
  // What a narrow head has no room for is in the menu there.
  const hidden = visible.map((name) => [t(`action.${name}`), () => run(name), `in-menu ${name}`]);
  const release = [t("action.release"), () => act("release")];
  const groups = [
    { name: t("menu.ticket"), items: mine ? [...wakeChoice(ticket), ...hidden, release] : [] },
    { name: t("menu.rest"), items: restChoices(ticket) },
    { name: t("menu.give"), items: giveChoices(ticket) },
  ];
  return html`
    <div class="actions">
      ${visible.map((name) => html`
        <button key=${name} class=${`in-head ${name}`} onClick=${() => run(name)}>${t(`action.${name}`)}</button>
      `)}
      ${groups.some(({ items }) => items.length) && html`
        <${Menu} label=${t("menu.label")} groups=${groups} onOpen=${loadAgents} />
      `}
      ${first && html`
        <button class="primary" key="primary" data-action=${first} onClick=${() => run(first)}>
          ${t(`action.${first}`)}
        </button>
      `}
    </div>
  `;
}

const standing = (ticket) =>
  [
    ticket.ref,
    ticket.status === "snoozed" && ticket.snoozed_until
      ? t("status.until", { time: when(ticket.snoozed_until) })
      : t(`status.${ticket.status}`),
    ticket.assignee?.name,
  ]
    .filter(Boolean)
    .join(" · ");

const Others = () => html`
  <p class="others" role="status">${others.value.length > 0 && t("others", { names: others.value.join(", ") })}</p>
`;

const Head = ({ ticket }) => html`
  <header class="head">
    <button class="quiet phone" aria-label=${t("back")} onClick=${() => (pane.value = "queue")}>
      <${Icon} name="back" />
    </button>
    <div class="name">
      <h2 dir="auto">${ticket.customer.name || t("customer.unnamed")}</h2>
      <p dir="auto">${standing(ticket)}</p>
      <${Others} />
    </div>
    <button class="quiet narrow" aria-label=${t("details")} onClick=${() => (pane.value = "packet")}>
      <${Icon} name="person" />
    </button>
    <${Actions} />
  </header>
`;

function Inside() {
  const { state, ticket } = open.value;
  if (state === "none") return html`<${Empty} icon="chat">${t("thread.none")}<//>`;
  if (state === "loading") return html`<${Skeleton} lines=${8} />`;
  if (state === "error") return html`<${Failure} retry=${() => refresh()} />`;
  return html`
    <${Head} ticket=${ticket} />
    <${Messages} key=${ticket.ref} />
    <${Typing} />
    <${Composer} key=${`c${ticket.ref}`} />
  `;
}

const Typing = () => html`
  <p class="typing" role="status">
    ${typist.value && t(typist.value.name ? "typing.agent" : "typing.customer", typist.value)}
  </p>
`;

export const Thread = () => html`
  <section class="pane thread" tabindex="-1" aria-label=${t("thread.label")}><${Inside} /></section>
`;
