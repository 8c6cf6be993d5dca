/* One phone: its head, its conversation and its composer, over the small API of the simulated platform. */
import { createComposer } from "./composer.js";
import { element } from "./dom.js";
import { createLog } from "./log.js";

const ASKED_MS = 4000;

export function createPhone({ channel, address, name, texts, language }) {
  const path = `/vendors/${channel}/conversations/${encodeURIComponent(address)}`;
  const say = (key, values = {}) => texts[key].replace(/\{(\w+)\}/g, (_, one) => values[one] ?? "");
  const log = createLog({
    channel, name, say, language, notes: `faden:phone:${address}`,
    onChoice: (message, index) => act({ choice: { message, index } }), onAct: act,
  });
  const notice = element("p", { class: "notice", role: "status" });
  const composer = createComposer({ channel, name, say, onAct: act, onNotice: tell });
  const node = element("li", { class: `phone ${channel}`, id: `phone-${channel}` },
    element("div", { class: "head" },
      element("span", { class: "mark", "aria-hidden": "true" }, name.charAt(0)),
      element("div", {}, element("h3", {}, name), element("p", {}, channel === "email" ? address : say("shop")))),
    log.node, notice, composer.node);

  function tell(words) {
    notice.textContent = words;
  }

  /* True once the platform has it. */
  async function act(action, note = "") {
    try {
      const answer = await fetch(`${path}/messages`, {
        method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(action),
      });
      if (answer.status === 413) return refuse("phone_too_large");
      if (!answer.ok) return refuse("phone_refused");
      const bubble = await answer.json();
      if (note) log.note(bubble.id, note);
      if (action.file) log.picture(bubble.id, action.file);
      log.add(bubble);
      tell("");
      return true;
    } catch {
      return refuse("phone_refused");
    }
  }

  function refuse(key) {
    tell(say(key));
    return false;
  }

  /* News that come while the whole conversation is read may be newer than it, so they wait. */
  let held = null;
  async function load() {
    held ??= [];
    try {
      const answer = await fetch(path);
      if (!answer.ok) throw new Error(`no conversation: ${answer.status}`);
      log.replace((await answer.json()).messages);
      tell("");
    } catch {
      tell(say("phone_lost"));
    }
    const news = held || [];
    held = null;
    news.forEach(log.show);
  }

  function show(bubble) {
    if (held) held.push(bubble);
    else log.show(bubble);
  }

  return {
    node, load, show,
    offline: () => tell(say("phone_lost")),
    start(code) {
      node.classList.add("asked");
      setTimeout(() => node.classList.remove("asked"), ASKED_MS);
      node.scrollIntoView({ block: "nearest", inline: "center" });
      return act({ start: { code } }, `${say("phone_start")} ${code}`);
    },
  };
}
