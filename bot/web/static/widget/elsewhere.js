/* "Continue elsewhere": a view in place of the log with the ways to go on, and the code to type where no link leads. */
const LINK = "link:";
const LOOK_MS = 5000;

function createElsewhere({ texts, base, token, onBack }) {
  const post = createDoors({ base, token });
  const wish = createWish({ texts, ask: post });
  const mail = createMailProof({ texts, ask: post, onProven: wish.load });
  const back = element("button", { type: "button", class: "shut", "aria-label": texts.say("back"),
    title: texts.say("back"), onclick: onBack }, icon("back"));
  const heading = element("h3", { tabindex: "-1", id: "elsewhere" }, texts.say("elsewhere"));
  const status = element("p", { class: "quiet", role: "status" });
  const renew = element("button", { type: "button", class: "again", hidden: true, onclick: () => ask() });
  const ways = element("ul", { class: "ways" });
  const code = element("code", { class: "code" });
  const left = element("p", { class: "quiet" });
  const typed = element("div", { class: "typed", hidden: true },
    element("p", {}, texts.say("type_code")), code, left);
  const view = element("section", { class: "elsewhere", "aria-labelledby": "elsewhere", hidden: true },
    element("div", { class: "subhead" }, back, heading),
    element("p", {}, texts.say("elsewhere_lead")), status, renew, ways, typed,
    element("p", { class: "quiet" }, texts.say("have_code")), mail.view, wish.view);
  const desktop = matchMedia("(min-width: 481px)");
  let offer = null;
  let timer = 0;

  async function ask() {
    offer = null;
    draw(texts.say("loading"));
    const { answer, status: found } = await post("");
    if (found === 429) return draw(texts.say("too_many"), "retry");
    if (!answer) return draw(texts.say("no_code"), "retry");
    offer = answer;
    mail.offer(Boolean(offer.email));
    draw();
  }

  function draw(words = "", again = "") {
    renew.hidden = !again;
    renew.textContent = again ? texts.say(again) : "";
    const known = (offer?.links || []).filter(({ channel, url }) => texts.has(`channel_${channel}`) && wayTo(url));
    ways.replaceChildren(...known.map(way));
    status.textContent = offer && !known.length ? texts.say("no_ways") : words;
    typed.hidden = !offer;
    code.textContent = offer?.code || "";
    tick();
  }

  function way({ channel, url, qr }) {
    const name = channelName(channel, texts);
    const link = element("a", { class: "way", href: wayTo(url), target: "_blank", rel: "noopener" },
      element("span", {}, name), icon("outside"));
    const picture = desktop.matches ? qrCode(qr, texts.say("qr_of", { channel: name })) : null;
    if (!picture) return element("li", {}, link);
    const show = element("button", { type: "button", class: "qr", "aria-expanded": "false",
      "aria-label": texts.say("qr_of", { channel: name }), onclick: () => unfold(show, picture) }, texts.say("qr"));
    return element("li", {}, link, show, picture);
  }

  function unfold(button, picture) {
    const open = picture.hasAttribute("hidden");
    for (const other of ways.querySelectorAll("svg[role]")) other.setAttribute("hidden", "");
    for (const other of ways.querySelectorAll(".qr")) other.setAttribute("aria-expanded", "false");
    picture.toggleAttribute("hidden", !open);
    button.setAttribute("aria-expanded", String(open));
    if (open) picture.scrollIntoView({ block: "nearest" });
  }

  function tick() {
    clearTimeout(timer);
    if (!offer || view.hidden) return;
    const minutes = Math.ceil((new Date(offer.expires_at) - Date.now()) / 60000);
    if (minutes <= 0) {
      offer = null;
      return draw(texts.say("code_over"), "new_code");
    }
    left.textContent = texts.count("code_left", minutes);
    timer = setTimeout(tick, LOOK_MS);
  }

  return {
    view,
    isOpen: () => !view.hidden,
    open() {
      view.hidden = false;
      heading.focus();
      wish.load();
      if (offer) tick();
      else ask();
    },
    close() {
      view.hidden = true;
      clearTimeout(timer);
    },
    /* The code has been used, or is another customer's. */
    forget() {
      offer = null;
      mail.forget();
    },
  };
}

/* Deep links lead to pages, to an SMS and to a mail; never to a script. */
function wayTo(url) {
  return /^(https?:|sms:|mailto:)/i.test(url) ? url : null;
}

/* Only the lines of the drawing are taken from the server's SVG. */
function qrCode(text, label) {
  const drawn = new DOMParser().parseFromString(text || "", "text/html").querySelector("svg");
  const lines = drawn?.querySelector("path[d]");
  if (!lines) return null;
  const copy = (from, names) => {
    const node = document.createElementNS(SVG, from.localName);
    for (const name of names) if (from.hasAttribute(name)) node.setAttribute(name, from.getAttribute(name));
    return node;
  };
  const svg = copy(drawn, ["viewBox"]);
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  svg.setAttribute("hidden", "");
  for (const path of drawn.querySelectorAll("path")) svg.append(copy(path, ["d", "transform", "stroke", "fill"]));
  return svg;
}
