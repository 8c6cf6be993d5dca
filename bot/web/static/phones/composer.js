/* What a customer can do on a phone: write, attach a picture, send a place or a thumb, where the platform has it. */
import { element, icon } from "./dom.js";

const CAN = {
  telegram: ["picture", "place", "sticker"],
  whatsapp: ["picture", "place", "sticker"],
  messenger: ["picture", "place", "sticker"],
  instagram: ["picture", "sticker"],
  sms: ["picture"],
  email: ["picture"],
};
const LARGEST = 1000000;
/* The town hall of Hamburg: where this customer is, whoever plays it. */
const PLACE = { latitude: 53.5503, longitude: 9.9929 };

export function createComposer({ channel, name, say, onAct, onNotice }) {
  const where = { channel: name };
  const field = element(channel === "email" ? "textarea" : "input", {
    rows: channel === "email" ? "2" : null, maxlength: "1500", placeholder: say("phone_write", where),
    "aria-label": say("phone_write", where), dir: "auto", autocomplete: "off", enterkeyhint: "send",
  });
  const send = element(
    "button",
    { type: "submit", class: "go", "aria-label": say("phone_send", where), title: say("phone_send", where) },
    icon("send"),
  );
  const chooser = element("input", { type: "file", accept: "image/*", hidden: true, onchange: attach });
  const makers = {
    picture: () => chooser.click(),
    place: () => onAct({ location: PLACE }),
    sticker: () => onAct({ sticker: true }, "👍"),
  };
  const tools = CAN[channel].map((kind) =>
    element(
      "button",
      {
        type: "button",
        class: "tool",
        "aria-label": say(`phone_${kind}`, where),
        title: say(`phone_${kind}`, where),
        onclick: makers[kind],
      },
      icon(kind),
    ),
  );
  const node = element(
    "form",
    { onsubmit: submit },
    element("div", { class: "tools" }, ...tools),
    field,
    send,
    chooser,
  );

  async function submit(event) {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    if (!(await onAct({ text })) && !field.value) field.value = text;
  }

  async function attach() {
    const [file] = chooser.files;
    chooser.value = "";
    if (!file) return;
    if (file.size > LARGEST) return onNotice(say("phone_too_large"));
    const action = {
      file: { name: file.name, media_type: file.type, data: await base64(file) },
      text: field.value.trim(),
    };
    if (await onAct(action)) field.value = "";
  }

  if (channel === "email")
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) submit(event);
    });
  return { node };
}

function base64(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
