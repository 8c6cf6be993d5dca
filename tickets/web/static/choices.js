// What else can be done with a ticket; the menu and the palette offer the same.
import { act, agent, agents, isDone, isMine } from "./desk.js";
import { when } from "./format.js";
import { t } from "./i18n.js";

/** In one hour, in four, tomorrow and next Monday morning. */
export function restChoices(ticket) {
  if (!isMine.value || isDone(ticket)) return [];
  const now = new Date();
  const morning = (days) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + days, 9);
  const monday = morning(((8 - now.getDay()) % 7) || 7);
  const times = [now.getTime() + 3_600_000, now.getTime() + 4 * 3_600_000, morning(1), monday].map(
    (at) => new Date(at),
  );
  const different = times.filter((at, n) => times.findIndex((other) => +other === +at) === n);
  return different.map((at) => [when(at), () => act("snooze", ticket.ref, { until: at.toISOString() })]);
}

export function wakeChoice(ticket) {
  return isMine.value && ticket.status === "snoozed" ? [[t("action.wake"), () => act("wake", ticket.ref)]] : [];
}

export function giveChoices(ticket) {
  const free = !ticket.assignee || isMine.value || agent.value.role === "admin";
  if (isDone(ticket) || !free) return [];
  // What nobody has is claimed; what a colleague has, an admin may give to anybody, and take over too.
  const claimable = !ticket.assignee && agent.value.id;
  const colleagues = agents.value.filter((one) => one.id !== ticket.assignee?.id && one.id !== claimable);
  const twice = (name) => agents.value.filter((one) => one.name === name).length > 1;
  const title = (one) => (twice(one.name) ? `${one.name} (${one.email})` : one.name);
  return colleagues.map((one) => [title(one), () => act("assign", ticket.ref, { agent_id: one.id })]);
}
