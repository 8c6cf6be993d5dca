// What happened while the desk was in the background: a count in the title, and a silent notification for who wants it.
import { effect, signal } from "./lib.js";
import { known, named, t } from "./i18n.js";
import { recall, remember } from "./store.js";

const unseen = signal(new Set());
export const wanted = signal(recall("notify") === "on" && globalThis.Notification?.permission === "granted");
export const possible = "Notification" in globalThis;

effect(() => {
  const count = unseen.value.size;
  document.title = `${count ? `(${count}) ` : ""}Faden${known("title") ? ` – ${t("title")}` : ""}`;
});
document.addEventListener("visibilitychange", () => { if (!document.hidden) unseen.value = new Set(); });

/** Asks the browser only after the agent asked for it. Returns whether notifications will come. */
export async function want(on) {
  const may = on && (await Notification.requestPermission()) === "granted";
  wanted.value = may;
  remember("notify", may ? "on" : null);
  return may;
}

const heard = new Map(); // ticket: what was last heard of it

/** A ticket that waits for anybody, or a customer who wrote to me, is news. */
export function hear(ticket, me, open) {
  const waiting = ticket.status === "open" && !ticket.assignee;
  const mine = ticket.assignee?.id === me && ticket.last?.author === "customer";
  const what = waiting ? "waiting" : mine ? ticket.last.at : "";
  const before = heard.get(ticket.ref);
  heard.set(ticket.ref, what);
  if (!what || before === what || !document.hidden) return;
  unseen.value = new Set(unseen.value).add(ticket.ref);
  if (wanted.value) show(ticket, waiting, open);
}

/** Names no word of the customer: a screen may be seen by others. */
function show(ticket, waiting, open) {
  const name = ticket.customer.name || t("customer.unnamed");
  const body = waiting ? `${name} · ${named("reason", ticket.reason)}` : name;
  const note = new Notification(t(waiting ? "notify.waiting" : "notify.wrote"), {
    body,
    tag: ticket.ref,
    silent: true,
  });
  note.onclick = () => { window.focus(); open(ticket.ref); note.close(); };
}
