// The state of the desk and what changes it; the panes only show it.
import { computed, effect, signal } from "./lib.js";
import { api } from "./api.js";
import { known, plural, t } from "./i18n.js";
import { draftOf, forgetDrafts, keepDraft } from "./drafts.js";
import { when } from "./format.js";
import { startLive, stopLive } from "./live.js";
import { hear } from "./notify.js";
import { lookAt, looks } from "./presence.js";
import { recall, remember } from "./store.js";
import { forgetFiles, giveFilesBack } from "./uploads.js";

export const agent = signal(undefined); // undefined: not known yet, null: logged out
export const view = signal(recall("view") ?? "queue");
export const search = signal("");
export const queue = signal({ state: "loading", items: [], next: null });
export const fresh = signal(new Map()); // tickets that arrived and wait to be shown
export const ref = signal(null);
export const open = signal({ state: "none" });
export const pane = signal("queue"); // which of the three a phone shows
export const toast = signal(null);
export const dialog = signal(null);
export const mode = signal("reply");
export const outgoing = signal(unsent()); // written and not yet stored by the service; survives a reload
export const typist = signal(null); // who types in the open ticket: {name}, without a name the customer
export const page = signal(null); // which page covers the desk, if any
export const refusals = signal({}); // why merges could not be undone, by their id
export const agents = signal([]); // whom a ticket can be given to

function unsent() {
  try {
    return JSON.parse(recall("outgoing") ?? "[]").map((item) => ({ ...item, state: "failed" }));
  } catch {
    return [];
  }
}
effect(() => remember("outgoing", outgoing.value.length ? JSON.stringify(outgoing.value) : null));

export const VIEWS = {
  queue: { status: "open", assignee: "none" }, mine: { status: "open,waiting,snoozed", assignee: "me" },
  all: { status: "open,waiting,snoozed" }, resolved: { status: "resolved,closed" },
};

export const isMine = computed(() => open.value.ticket?.assignee?.id === agent.value?.id && Boolean(agent.value));
export const isDone = (ticket) => ["resolved", "closed"].includes(ticket?.status);

/** The one thing to do next. */
export const primary = computed(() => {
  const ticket = open.value.ticket;
  if (!ticket) return null;
  if (ticket.status === "closed") return null;
  if (isDone(ticket)) return "reopen";
  if (!isMine.value) return ticket.assignee ? null : "claim";
  const last = [...open.value.messages].reverse().find((m) => ["customer", "agent"].includes(m.author) && !m.private);
  return last?.author === "agent" ? "resolve" : "reply";
});

export const fits = (ticket, name = view.value) => {
  if (name === "resolved") return isDone(ticket);
  if (isDone(ticket)) return false;
  if (name === "mine") return ticket.assignee?.id === agent.value?.id;
  return name === "all" || (!ticket.assignee && ticket.status === "open");
};

export async function begin() {
  const session = await api.session().catch((error) => (error.status === 401 ? null : (say(reason(error)), null)));
  agent.value = session?.agent ?? null;
  if (session) enter(session.cursor);
}

export async function logIn(email, password) {
  const session = await api.logIn(email, password);
  agent.value = session.agent;
  enter(session.cursor);
}

/** Who leaves of their own accord leaves nothing behind; a session that is over keeps what was being written. */
export async function logOut() {
  const { id } = agent.value;
  await api.logOut().catch(() => {});
  leave();
  forgetDrafts(id);
  forgetFiles(id);
}

function enter(cursor) {
  startLive(onEvent, cursor);
  loadAgents();
  loadQueue();
}

export const loadAgents = () =>
  api.agents().then(
    (all) => (agents.value = all.filter((one) => !one.disabled)),
    () => {},
  );

/** A new password ends every session, also this one: the next begins at once. */
export async function changePassword(old, fresh) {
  await api.changePassword(old, fresh);
  stopLive();
  const session = await api.logIn(agent.value.email, fresh);
  agent.value = session.agent;
  startLive(onEvent, session.cursor);
}

function leave() {
  stopLive();
  lookAt(null);
  agent.value = null;
  page.value = null;
  open.value = { state: "none" };
  ref.value = null;
}

/** In the reader's language where the desk knows the code; else what the service says. */
export const detail = (error) => (known(`problem.${error.code}`)
  ? t(`problem.${error.code}`, { ...error.more, name: error.more.assignee?.name ?? "" }) : error.detail);
export const reason = (error) =>
  t("error.action", { detail: error.code === "network" ? t("error.network") : detail(error) });

export function say(text, undo = null) {
  const mine = (toast.value = { text, undo });
  setTimeout(fade, 8000, mine);
}

/** It goes by itself, but not from under the pointer or the focus. */
function fade(mine) {
  if (toast.value !== mine) return;
  if (document.querySelector(".toast:is(:hover, :focus-within)")) setTimeout(fade, 1000, mine);
  else toast.value = null;
}

function failed(error) {
  if (error.status === 401) leave();
  else say(reason(error));
}

let asked = 0;
let told = new Map(); // tickets that were told of since the service was asked, which its answer may not know yet
export async function loadQueue(more = false) {
  const mine = ++asked;
  const before = more ? queue.value.items : [];
  told = new Map();
  if (!queue.value.items.length) queue.value = { state: "loading", items: [], next: null };
  try {
    const query = {
      ...VIEWS[view.value],
      ...(search.value && { q: search.value }),
      ...(more && { cursor: queue.value.next }),
    };
    const page = await api.tickets(query);
    if (mine !== asked) return;
    const items = [...before, ...page.items].map((item) => ({ ...item, ...told.get(item.ref) }));
    const shown = new Set(items.map((item) => item.ref));
    fresh.value = new Map([...fresh.value].filter(([one]) => !shown.has(one) && (more || told.has(one))));
    queue.value = { state: "full", items, next: page.cursor ?? null };
  } catch (error) {
    if (error.status === 401) leave();
    else if (mine === asked) queue.value = { ...queue.value, state: "error" };
  }
}

export function choose(name) {
  view.value = name;
  remember("view", name);
  pane.value = "queue";
  page.value = null;
  queue.value = { state: "loading", items: [], next: null };
  loadQueue();
}

export async function show(wanted) {
  ref.value = wanted;
  page.value = null;
  pane.value = "thread";
  lookAt(wanted);
  history.replaceState(null, "", `#${encodeURIComponent(wanted)}`);
  mode.value = "reply";
  open.value = { state: "loading" };
  typist.value = null;
  await refresh(wanted);
}

let heard = 0; // grows with what the socket tells of the open ticket
export async function refresh(wanted = ref.value, tries = 3) {
  const before = heard;
  try {
    const { messages, packet, past = [], merges = [], route = null, ...ticket } = await api.ticket(wanted);
    // What was told while the service was reading may be newer than its answer.
    if (ref.value === wanted && heard !== before && tries > 1) return refresh(wanted, tries - 1);
    if (ref.value === wanted) open.value = { state: "full", ticket, messages, packet, past, merges, route };
  } catch (error) {
    if (error.status === 401) leave();
    // What is on the screen stays there; the socket brings what is new once it is back.
    else if (ref.value === wanted && open.value.state !== "full") open.value = { state: "error" };
  }
}

export function move(step) {
  const items = queue.value.items;
  if (!items.length) return;
  const at = items.findIndex((item) => item.ref === ref.value);
  const next = items[Math.min(items.length - 1, Math.max(0, at < 0 ? 0 : at + step))];
  if (next.ref !== ref.value) show(next.ref);
}

const UNDO = { claim: "release", release: "claim", resolve: "reopen", handback: "reopen", snooze: "wake" };

export async function act(action, wanted = ref.value, body = {}) {
  try {
    await api.act(wanted, action, body);
    const undo = UNDO[action];
    const name = agents.value.find((one) => one.id === body.agent_id)?.name ?? "";
    const until = body.until ? when(body.until) : "";
    say(t(`did.${action}`, { ref: wanted, name, until }), undo ? () => act(undo, wanted) : null);
    await refresh(wanted);
    if (open.value.ticket?.ref === wanted) replace(open.value.ticket);
  } catch (error) {
    failed(error);
    if (error.status === 409) refresh(wanted);
  }
}

export function post(text, isPrivate, attachments = []) {
  // `crypto.randomUUID` exists only on secure pages; a desk on plain http in an office has none.
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const id = crypto.randomUUID?.() ?? [...bytes].map((b) => b.toString(16).padStart(2, "0")).join("");
  const item = {
    client_id: id,
    text,
    attachments,
    private: isPrivate,
    ref: ref.value,
    agent: agent.value.id,
    at: new Date().toISOString(),
    state: "sending",
  };
  outgoing.value = [...outgoing.value, item];
  return deliver(item);
}

/** Safe to repeat: the service stores one message per client id. */
export async function deliver(item) {
  mark(item.client_id, "sending");
  try {
    const files = item.attachments?.length ? { attachments: item.attachments.map(({ id }) => id) } : {};
    const message = await api.send(item.ref, {
      client_id: item.client_id,
      text: item.text,
      private: item.private,
      ...files,
    });
    arrive(item.ref, message);
  } catch (error) {
    mark(item.client_id, "failed");
    if (error.status >= 400 && error.status < 500 && error.status !== 401) giveBack(item, error.more.file);
    failed(error);
  }
}

/** What the service will not take as it is goes back to where it was written. */
function giveBack(item, gone) {
  outgoing.value = outgoing.value.filter((one) => one.client_id !== item.client_id);
  const since = draftOf(item.ref, item.private);
  keepDraft(item.ref, item.private, [item.text, since].filter(Boolean).join("\n\n"));
  giveFilesBack(item.ref, item.attachments, gone);
}

/** Has a reply that a channel refused tried again. */
export const retry = (message) => correct(() => api.retry(ref.value, message.client_id ?? message.cursor));

export const correctAnger = (message, label) => correct(() => api.correctAnger(ref.value, message.cursor, label));

/** Takes two customers apart again; the tickets follow when the bot has done it. */
export async function undoMerge(merge) {
  try {
    await api.undoMerge(open.value.ticket.customer.id, merge.id);
    say(t("did.unmerge"));
  } catch (error) {
    failed(error);
  }
}

/** Notes where answers shall reach the customer.
 *  The bot has the last word, so its answer is looked at a moment later. */
export async function preferChannel(channel) {
  const { ticket, route } = open.value;
  try {
    await api.preferChannel(ticket.customer.id, channel);
    open.value = {
      ...open.value,
      route: { ...(route ?? { channel: ticket.channel, kind: "direct", reason: "" }), preferred: channel },
    };
    say(t("did.prefer"));
    for (const wait of [1000, 4000]) setTimeout(() => ref.value === ticket.ref && refresh(), wait);
  } catch (error) {
    failed(error);
  }
}

/** A merge stays as it is: said to who asked for it, and shown beside it to whoever looks at the customer. */
function stays({ merge_id: id, agent_id: asker, reason: why }) {
  if (asker === agent.value?.id) say(t(`refused.${why}`));
  refusals.value = { ...refusals.value, [id]: why };
}

async function correct(ask) {
  const where = ref.value;
  try {
    arrive(where, await ask());
  } catch (error) {
    failed(error);
  }
}

const mark = (id, state) =>
  (outgoing.value = outgoing.value.map((item) => (item.client_id === id ? { ...item, state } : item)));

function arrive(where, message) {
  outgoing.value = outgoing.value.filter((item) => item.client_id !== message.client_id);
  if (where !== ref.value || open.value.state !== "full") return;
  const same = (m) => m.id === message.id || (message.client_id && m.client_id === message.client_id);
  const at = open.value.messages.findIndex(same);
  const messages =
    at < 0
      ? [...open.value.messages, message]
      : open.value.messages.with(at, { ...open.value.messages[at], ...message });
  open.value = { ...open.value, messages };
  typist.value = null;
}

function onEvent(event) {
  const tells = ["message", "delivery", "ticket"].includes(event.type);
  if (tells && (event.ref ?? event.ticket.ref) === ref.value) heard += 1;
  if (event.type === "reset") { loadQueue(); if (ref.value) refresh(); }
  if (event.type === "message") { arrive(event.ref, event.message); lookAgain(event); }
  if (event.type === "undo_refused") stays(event);
  if (event.type === "delivery") delivered(event);
  if (event.type === "typing") types(event);
  if (event.type === "looking") looks(event, agent.value?.id);
  if (event.type === "ticket") {
    told.set(event.ticket.ref, event.ticket);
    replace(event.ticket);
    announce(event.ticket);
    hear(event.ticket, agent.value?.id, show);
  }
}

/** Where a customer writes may change the way of a reply: it is read anew, once they pause. */
let looking = 0;
function lookAgain({ ref: where, message }) {
  if (where !== ref.value || message.author === "agent") return;
  clearTimeout(looking);
  looking = setTimeout(() => where === ref.value && refresh(), 1500);
}

/** Somebody types: shown for a moment, and gone with the message. */
function types({ ref: where, agent: other }) {
  if (where !== ref.value || other?.id === agent.value?.id) return;
  const mine = (typist.value = { name: other?.name ?? null });
  setTimeout(() => typist.value === mine && (typist.value = null), 4000);
}

function delivered({ ref: where, id, state, reason: why }) {
  if (where !== ref.value || open.value.state !== "full") return;
  const messages = open.value.messages.map((m) => (m.id === id ? { ...m, state, reason: why } : m));
  open.value = { ...open.value, messages };
}

/** A ticket changes where it stands: its line is rewritten, never moved. */
function replace(ticket) {
  const items = queue.value.items.map((item) => (item.ref === ticket.ref ? { ...item, ...ticket } : item));
  queue.value = { ...queue.value, items };
  if (open.value.ticket?.ref === ticket.ref)
    open.value = { ...open.value, ticket: { ...open.value.ticket, ...ticket } };
}

function announce(ticket) {
  if (search.value || queue.value.items.some((item) => item.ref === ticket.ref)) return;
  // In an empty list nothing can move under the pointer.
  if (fits(ticket) && queue.value.state === "full" && !queue.value.items.length) return loadQueue();
  const waiting = new Map(fresh.value);
  if (fits(ticket)) waiting.set(ticket.ref, ticket);
  else waiting.delete(ticket.ref);
  fresh.value = waiting;
}

export const news = () => (fresh.value.size ? plural("queue.new", fresh.value.size) : "");
