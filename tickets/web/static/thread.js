import { html, useEffect, useLayoutEffect, useRef, useState } from "./lib.js";
import { act, deliver, isDone, isMine, open, outgoing, pane, primary, ref, refresh, retry, typist } from "./desk.js";
import { named, t } from "./i18n.js";
import { clock, dayKey, dayName, exact } from "./format.js";
import { Composer, focusComposer } from "./composer.js";
import { Empty, Failure, Icon, Skeleton } from "./parts.js";

const kind = (message) => (message.private ? "note" : message.author);

function State({ message }) {
  if (!message.state) return null;
  // One that never reached the service is sent again; one that a channel refused is tried again there.
  const again = message.state === "failed" && (message.ref ? deliver : retry);
  return html`<span class=${`state ${message.state}`} title=${message.reason ?? ""}>${t(`state.${message.state}`)}${message.state === "failed" && message.reason ? `: ${message.reason}` : ""}
    ${again && html` <button onClick=${() => again(message)}>${t("state.retry")}</button>`}</span>`;
}

const Bubble = ({ message }) => html`<li class=${`message ${kind(message)}`}>
  <p class="by"><b dir="auto">${message.author_name || t(`author.${kind(message)}`)}</b>
    ${message.private && html`<span class="badge">${t("author.note")}</span>`}
    ${message.channel && !message.private && html`<span class="badge">${named("channel", message.channel)}</span>`}
    <time datetime=${message.at} title=${exact(message.at)}>${clock(message.at)}</time></p>
  <p class="text" dir="auto">${message.text}</p>
  ${message.article && html`<a href=${message.article.url} target="_blank" rel="noopener"><${Icon} name="article" />${message.article.title}</a>`}
  <${State} message=${message} /></li>`;

function Messages() {
  const box = useRef(null);
  const [below, setBelow] = useState(false);
  const unsent = outgoing.value.filter((m) => m.ref === ref.value).map((m) => ({ ...m, id: m.client_id, author: "agent", channel: "" }));
  const all = [...open.value.messages, ...unsent];
  const seen = useRef({ atEnd: true, count: 0 });
  const toEnd = () => box.current.scrollTo({ top: box.current.scrollHeight });
  useLayoutEffect(() => {
    // A reader further up keeps the place; the news wait behind a button.
    if (seen.current.atEnd) toEnd();
    else if (all.length > seen.current.count) setBelow(true);
    seen.current.count = all.length;
  }, [all.length]);
  const scrolled = ({ target }) => {
    seen.current.atEnd = target.scrollHeight - target.scrollTop - target.clientHeight < 40;
    if (seen.current.atEnd) setBelow(false);
  };
  if (!all.length) return html`<${Empty} icon="chat">${t("thread.empty")}<//>`;
  return html`<div class="scroll" ref=${box} onScroll=${scrolled} tabindex="0" role="log" aria-label=${t("thread.label")}>
    <ol class="messages">${all.map((message, at) => [
      (at === 0 || dayKey(all[at - 1].at) !== dayKey(message.at)) && html`<li class="day" key=${`day${message.id}`}><span>${dayName(message.at)}</span></li>`,
      html`<${Bubble} key=${message.client_id ?? message.id} message=${message} />`])}</ol>
    </div>${below && html`<button class="below" onClick=${toEnd}>${t("thread.new")}</button>`}`;
}

function Actions() {
  const first = primary.value;
  const { ticket } = open.value;
  const others = isMine.value && !isDone(ticket) ? ["resolve", "handback", "release"].filter((name) => name !== first) : [];
  const run = (name) => (name === "reply" ? focusComposer("reply") : act(name));
  return html`<div class="actions">
    ${others.map((name) => html`<button key=${name} onClick=${() => run(name)}>${t(`action.${name}`)}</button>`)}
    ${first && html`<button class="primary" key="primary" data-action=${first} onClick=${() => run(first)}>${t(`action.${first}`)}</button>`}</div>`;
}

const Head = ({ ticket }) => html`<header class="head">
  <button class="quiet phone" aria-label=${t("back")} onClick=${() => (pane.value = "queue")}><${Icon} name="back" /></button>
  <div class="name"><h2 dir="auto">${ticket.customer.name || t("customer.unnamed")}</h2>
    <p>${ticket.ref} · ${t(`status.${ticket.status}`)}${ticket.assignee ? ` · ${ticket.assignee.name}` : ""}</p></div>
  <button class="quiet narrow" aria-label=${t("details")} onClick=${() => (pane.value = "packet")}><${Icon} name="person" /></button>
  <${Actions} /></header>`;

function Inside() {
  const { state, ticket } = open.value;
  if (state === "none") return html`<${Empty} icon="chat">${t("thread.none")}<//>`;
  if (state === "loading") return html`<${Skeleton} lines=${8} />`;
  if (state === "error") return html`<${Failure} retry=${() => refresh()} />`;
  return html`<${Head} ticket=${ticket} /><${Messages} key=${ticket.ref} /><${Typing} /><${Composer} key=${`c${ticket.ref}`} />`;
}

const Typing = () => html`<p class="typing" role="status">${typist.value && t(typist.value.name ? "typing.agent" : "typing.customer", typist.value)}</p>`;

export const Thread = () => html`<section class="pane thread" aria-label=${t("thread.label")}><${Inside} /></section>`;
