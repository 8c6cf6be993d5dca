/* The conversation on one phone. Bubbles are kept between drawings, so that a screen reader announces each once. */
import { element, icon } from "./dom.js";
import { mailBody } from "./mailbody.js";
import { own } from "./own.js";

/* Where buttons vanish once something was written, as on the real thing. */
const FLEETING = ["messenger", "instagram"];
const TICKS = { sending: "✓", taken: "✓✓", lost: "!" };

export function createLog({ channel, name, say, language, notes, onChoice, onAct }) {
  const base = `/vendors/${channel}/files/`;
  const clock = new Intl.DateTimeFormat(language, { hour: "numeric", minute: "2-digit" });
  const bubbles = new Map();
  const drawn = new Map();
  const noted = read(notes);
  const pictures = new Map();
  const empty = element("p", { class: "empty" }, say("phone_empty", { example: say("phone_example") }));
  const list = element("div", { class: "bubbles", role: "log", "aria-label": say("phone_log", { channel: name }) });
  const node = element(
    "div",
    { class: "log", tabindex: "0", role: "group", "aria-label": say("phone_log", { channel: name }) },
    empty,
    list,
  );

  function show(bubble) {
    bubbles.set(bubble.id, bubble);
    draw();
  }

  /* The answer to what was done here may come later than the news of its delivery. */
  function add(bubble) {
    show(bubbles.get(bubble.id) || bubble);
  }

  function replace(all) {
    bubbles.clear();
    for (const bubble of all) bubbles.set(bubble.id, bubble);
    draw();
  }

  /* What a bubble stands for where the platform keeps no words for it: a tapped link, a thumb. */
  function note(id, words) {
    noted[id] = words;
    try {
      localStorage.setItem(notes, JSON.stringify(Object.fromEntries(Object.entries(noted).slice(-50))));
    } catch {
      /* The words then last as long as the page. */
    }
  }

  /* The platform keeps the file to itself; the phone that sent it still has it until the page is left. */
  function picture(id, { media_type, data }) {
    pictures.set(id, `data:${media_type};base64,${data}`);
  }

  function draw() {
    const items = [...bubbles.values()];
    const answered = items.findLastIndex(({ author }) => author === "customer");
    for (const [id, { node: gone }] of drawn) if (!bubbles.has(id)) gone.remove(), drawn.delete(id);
    items.forEach((bubble, index) => place(bubble, index, index > answered, index === answered));
    empty.hidden = items.length > 0;
    toEnd();
  }

  function toEnd() {
    node.scrollTop = node.scrollHeight;
  }

  function place(bubble, index, open, last) {
    const key = JSON.stringify([bubble, open, last, noted[bubble.id], pictures.has(bubble.id)]);
    let entry = drawn.get(bubble.id);
    if (entry?.key !== key) {
      const made = entry?.node || element("div");
      made.className = `said ${bubble.author}`;
      const focused = made.contains(document.activeElement) && document.activeElement;
      made.replaceChildren(...(channel === "email" ? mail(bubble) : chat(bubble, open, last)));
      if (focused && made.contains(focused)) focused.focus();
      entry = { node: made, key };
      drawn.set(bubble.id, entry);
    }
    if (list.children[index] !== entry.node) list.insertBefore(entry.node, list.children[index] || null);
  }

  function chat(bubble, open, last) {
    return [
      element("div", { class: "bubble", dir: "auto" }, ...words(bubble), foot(bubble)),
      bubble.choices.length && (open || !FLEETING.includes(channel)) ? buttons(bubble) : null,
      last ? ownOf(bubble) : null,
    ].filter(Boolean);
  }

  /* News of its delivery must not take away the words that are being corrected. */
  let kept = {};
  function ownOf(bubble) {
    const key = JSON.stringify([bubble.id, bubble.text, bubble.deleted]);
    if (kept.key !== key) kept = { key, node: own(channel, bubble, say, onAct) };
    return kept.node;
  }

  function mail(bubble) {
    const from = bubble.author === "customer" ? say("mail_from_you") : say("shop");
    return [
      element("div", { class: "bubble", dir: "auto" },
        element("p", { class: "from" }, element("strong", {}, from), time(bubble)),
        bubble.subject ? element("p", { class: "subject" }, bubble.subject) : null,
        ...words(bubble), ticks(bubble)),
    ];
  }

  function words(bubble) {
    if (bubble.deleted) return [element("em", {}, say("phone_deleted"))];
    const { id, text, html, file, files = [], location } = bubble;
    const shown = files.map(received);
    return [
      ...(channel === "email" ? [] : shown),
      file && pictures.has(id) ? element("img", { src: pictures.get(id), alt: file.name }) : null,
      file && !pictures.has(id)
        ? element("span", { class: "file" }, icon("clip"), element("span", {}, file.name))
        : null,
      location
        ? element("span", {}, say("phone_place_sent", { place: `${location.latitude}, ${location.longitude}` }))
        : null,
      html ? mailBody(html) : text ? element("span", { class: "text" }, ...linked(text)) : null,
      !text && !file && !files.length && !location
        ? element("span", { class: "text" }, noted[bubble.id] || say("phone_start"))
        : null,
      ...(channel === "email" ? shown : []),
    ];
  }

  /* A file of the shop's, as a phone shows it: the picture, the voice to be heard, anything else to be opened. */
  function received({ id, name: called, media_type: type }) {
    const href = base + encodeURIComponent(id);
    const label = called || say("phone_file");
    if (/^image\/(jpeg|png|gif|webp)$/.test(type)) {
      return element(
        "a",
        { class: "picture", href, target: "_blank", rel: "noopener" },
        element("img", { src: href, alt: label, onload: toEnd }),
      );
    }
    if (type.startsWith("audio/"))
      return element("audio", { src: href, controls: true, preload: "none", "aria-label": label });
    return element(
      "a",
      { class: "file", href, target: "_blank", rel: "noopener" },
      icon("clip"),
      element("span", {}, label),
    );
  }

  function foot(bubble) {
    const edited = bubble.edited ? `${say("phone_edited")} · ` : "";
    return element("span", { class: "foot" }, edited, time(bubble), ticks(bubble));
  }

  function time({ at }) {
    const moment = new Date(at * 1000);
    return element("time", { datetime: moment.toISOString() }, clock.format(moment));
  }

  function ticks({ author, state }) {
    if (author !== "customer") return null;
    const label = say(state === "lost" ? "phone_lost_mark" : state === "taken" ? "phone_taken" : "phone_sending");
    return element(
      "span",
      { class: `ticks ${state}`, role: "img", "aria-label": label, title: label },
      TICKS[state] || "✓",
    );
  }

  function buttons(bubble) {
    const made = bubble.choices.map(({ title }, index) =>
      element("button", { type: "button", onclick: () => onChoice(bubble.id, index) }, title));
    return element("div", { class: "buttons", role: "group", "aria-label": say("phone_choices") }, ...made);
  }

  return { node, show, add, replace, note, picture };
}

function read(key) {
  try {
    return JSON.parse(localStorage.getItem(key)) || {};
  } catch {
    return {};
  }
}

/* Addresses in a text can be tapped; only http(s), so that no message can carry a script. */
function linked(text) {
  return text.split(/(https?:\/\/[^\s<>"]+[^\s<>".,;:!?)])/).map((part, index) =>
    index % 2 ? element("a", { href: part, target: "_blank", rel: "noopener noreferrer" }, part) : part,
  );
}
