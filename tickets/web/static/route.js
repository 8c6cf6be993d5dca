// Which way a reply will go, as the bot foresees it, in the agent's language.
import { when } from "./format.js";
import { known, named, t } from "./i18n.js";

const WHY = [[/^the customer has opted out on (.+)$/, "why.stopped"], [/^the window of (.+) is shut$/, "why.window"],
  [/^(.+) is not set up$/, "why.off"], [/^no address of the customer on (.+)$/, "why.address"]];

/** A reason of the bot's in the agent's language; what a platform said stays as it is. */
export function whyNot(reason) {
  for (const [pattern, key] of WHY) {
    const found = pattern.exec(reason);
    if (found && known(key)) return t(key, { channel: named("channel", found[1]) });
  }
  return reason;
}

/** {level, text}: `level` is good, warning or danger. */
export function wayOf(route, ticket) {
  const channel = named("channel", route?.channel || ticket.channel);
  const language = t(`language.${ticket.language}`);
  if (route?.kind === "none") return { level: "danger", text: t("route.none", { why: whyNot(route.reason) }) };
  const text = t("compose.via", { channel, language });
  if (route?.kind === "template") return { level: "warning", text: `${text} · ${t("route.template")}` };
  if (route?.kind === "fallback")
    return { level: "warning", text: `${text} · ${t("route.fallback", { why: whyNot(route.reason) })}` };
  if (route?.preferred && route.preferred === route.channel)
    return { level: "good", text: `${text} · ${t("route.preferred")}` };
  return {
    level: "good",
    text: route?.open_until ? `${text} · ${t("route.until", { time: when(route.open_until) })}` : text,
  };
}
