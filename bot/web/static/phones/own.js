/* What one can still do with the last message one wrote, where the platform tells the shop of it. */
import { element } from "./dom.js";

const CAN = { telegram: ["edit"], messenger: ["edit"], instagram: ["delete"] };

export function own(channel, bubble, say, onAct) {
  const able = bubble.deleted || !bubble.text ? [] : CAN[channel] || [];
  if (!able.length) return null;
  const node = element("div", { class: "own" });
  const does = { edit: write, delete: () => onAct({ delete: { message: bubble.id } }) };

  function offer() {
    node.replaceChildren(
      ...able.map((kind) => element("button", { type: "button", onclick: does[kind] }, say(`phone_${kind}`))),
    );
  }

  function write() {
    const field = element("input", {
      value: bubble.text,
      maxlength: "1500",
      "aria-label": say("phone_edit"),
      dir: "auto",
    });
    const save = async (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!text || text === bubble.text || (await onAct({ edit: { message: bubble.id, text } }))) offer();
    };
    node.replaceChildren(element("form", { onsubmit: save }, field,
      element("button", { type: "submit" }, say("phone_save")),
      element("button", { type: "button", onclick: offer }, say("phone_cancel"))));
    field.focus();
  }

  offer();
  return node;
}
