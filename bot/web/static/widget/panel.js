/* The frame around the log: launcher, header, composer, focus. */
/* What the service takes in one message. */
const LONGEST = 8000;
/* Where the chat takes all of the screen: on phones, also lying down, and where the page is much enlarged. */
const SHEET = "(max-width: 480px), (max-height: 480px)";
const STOPS = 'button:not([disabled]), a, input, select, textarea, [tabindex="0"]';

function createPanel({ root, texts, elsewhere, attach, onOpen, onClose, onSend, onPerson, onInput }) {
  const title = element("h2", { id: "title", dir: "auto" });
  const promise = element("p", { id: "promise" });
  const avatar = element("span", { class: "avatar", "aria-hidden": "true" });
  const log = element("div", { class: "log", role: "log", "aria-live": "polite", "aria-label": texts.say("log") });
  const typing = element(
    "p",
    { class: "typing", hidden: true },
    element("i"),
    element("i"),
    element("i"),
    element("span"),
  );
  const empty = element("p", { class: "empty" }, texts.say("empty"));
  const scroll = element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": texts.say("log") },
    empty, log, typing);
  const notice = element("p", { class: "notice", role: "status" });
  const person = element("button", { type: "button", class: "person", onclick: onPerson },
    icon("person"), texts.say("person"));
  const goOn = element("button", { type: "button", class: "person", onclick: showElsewhere },
    icon("devices"), texts.say("elsewhere"));
  const tools = element("div", { class: "tools" }, person, goOn);
  const text = element("textarea", { id: "text", rows: "1", placeholder: texts.say("placeholder"),
    "aria-label": texts.say("placeholder"), dir: "auto", enterkeyhint: "send" });
  const send = element("button", { type: "submit", class: "send", "aria-label": texts.say("send"),
    title: texts.say("send") }, icon("send"));
  const form = element("form", {}, attach.button, attach.chooser, text, send);
  const shut = element("button", { type: "button", class: "shut", "aria-label": texts.say("close"),
    title: texts.say("close"), onclick: () => close() }, icon("close"));
  const panel = element("section", { class: "panel", role: "dialog", "aria-labelledby": "title",
    "aria-describedby": "promise", hidden: true },
    element("div", { class: "head" }, avatar, element("div", {}, title, promise), shut), notice, scroll,
    elsewhere.view, tools, attach.list, attach.told, form);
  const badge = element("span", { class: "unread", hidden: true });
  const launcher = element("button", { type: "button", class: "launcher", "aria-expanded": "false",
    onclick: () => toggle() }, icon("chat"), badge);
  /* What comes while the chat is shut is told too; the log is not there to be read. */
  const news = element("p", { class: "hidden", role: "status" });
  const sheet = matchMedia(SHEET);
  let cameFrom = null;

  /* Whether the newest words are in sight, and where they were put there. */
  let atEnd = true;
  let placed = 0;

  root.append(panel, launcher, news);
  scroll.addEventListener("scroll", () => (atEnd = nearEnd() || scroll.scrollTop === placed));
  new ResizeObserver(() => atEnd && toEnd()).observe(scroll);
  label(0);

  function label(unread) {
    const name = unread ? texts.count("open_unread", unread) : texts.say(isOpen() ? "close" : "open");
    launcher.setAttribute("aria-label", name);
    badge.hidden = !unread;
    const told = unread ? texts.count("unread", unread) : "";
    if (news.textContent !== told) news.textContent = told;
    badge.textContent = unread > 9 ? "9+" : String(unread);
  }

  function isOpen() {
    return !panel.hidden;
  }

  function open(focus = true) {
    if (focus) cameFrom = root.activeElement || document.activeElement;
    panel.hidden = false;
    launcher.setAttribute("aria-expanded", "true");
    fitSheet();
    grow();
    toEnd();
    if (focus) text.focus();
    onOpen();
  }

  function close() {
    panel.hidden = true;
    launcher.setAttribute("aria-expanded", "false");
    launcher.classList.remove("covered");
    (cameFrom && cameFrom.isConnected && cameFrom !== document.body ? cameFrom : launcher).focus();
    onClose();
  }

  function showElsewhere() {
    for (const part of [scroll, tools, form]) part.hidden = true;
    elsewhere.open();
  }

  function showLog() {
    if (!elsewhere.isOpen()) return;
    elsewhere.close();
    for (const part of [scroll, tools, form]) part.hidden = false;
    toEnd();
    if (isOpen()) goOn.focus();
  }

  function toggle() {
    if (isOpen()) close();
    else open();
  }

  /* Only the sheet covers the page, so only the sheet holds the focus. */
  function fitSheet() {
    panel.toggleAttribute("aria-modal", false);
    if (sheet.matches) panel.setAttribute("aria-modal", "true");
    launcher.classList.toggle("covered", sheet.matches && isOpen());
  }

  function keepFocus(event) {
    if (event.key !== "Tab" || !sheet.matches) return;
    const stops = [...panel.querySelectorAll(STOPS)].filter((stop) => stop.offsetParent);
    const [first, last] = [stops[0], stops.at(-1)];
    const edge = event.shiftKey ? first : last;
    if (root.activeElement !== edge) return;
    event.preventDefault();
    (event.shiftKey ? last : first).focus();
  }

  function grow() {
    text.style.height = "auto";
    if (text.scrollHeight) text.style.height = `${Math.min(text.scrollHeight, 140)}px`;
  }

  function nearEnd() {
    return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
  }

  /* An answer is read from its first line on: what does not fit stays below. */
  function toEnd() {
    atEnd = true;
    const fresh = log.querySelector(".fresh");
    const first = fresh ? fresh.getBoundingClientRect().top - scroll.getBoundingClientRect().top - 8 : Infinity;
    scroll.scrollTop = Math.min(scroll.scrollTop + first, scroll.scrollHeight);
    placed = scroll.scrollTop;
  }

  function submit() {
    const written = text.value.trim();
    if (attach.busy()) return tellBusy();
    if (!written && !attach.ready().length) return;
    if (written.length > LONGEST) return tellLength(true);
    text.value = "";
    grow();
    onSend(written, attach.take());
    onInput("");
  }

  /* It stays where it is: nobody's words are cut off unseen. */
  function tellBusy() {
    notice.textContent = texts.say("file_busy");
  }

  let tooLong = false;
  function tellLength(yes) {
    tooLong = yes;
    const number = new Intl.NumberFormat(texts.language);
    const values = { length: number.format(text.value.trim().length), most: number.format(LONGEST) };
    notice.textContent = yes ? texts.say("length", values) : "";
  }

  panel.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      event.stopPropagation();
      if (elsewhere.isOpen()) showLog();
      else close();
    } else keepFocus(event);
  });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    submit();
  });
  text.addEventListener("input", () => {
    grow();
    if (tooLong && text.value.trim().length <= LONGEST) tellLength(false);
    onInput(text.value);
  });
  text.addEventListener("paste", attach.paste);
  panel.addEventListener("dragover", attach.over);
  panel.addEventListener("drop", attach.drop);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    submit();
  });
  sheet.addEventListener("change", fitSheet);

  return {
    log, open, close, isOpen, label, toEnd, follows: () => atEnd, showLog, showElsewhere,
    written: () => text.value,
    focus: () => text.focus(),
    /* A button that was used is gone; the talk it was in is not, and calls up no keyboard on a phone. */
    focusLog: () => scroll.focus({ preventScroll: true }),
    draft(value) {
      text.value = value;
      grow();
    },
    filesChanged() {
      if (!attach.busy() && notice.textContent === texts.say("file_busy")) notice.textContent = "";
    },
    showEmpty: (yes) => (empty.hidden = !yes),
    showTyping(name) {
      typing.hidden = !name;
      typing.lastChild.textContent = name ? texts.say("typing", { name }) : "";
    },
    showNotice(words) {
      if (notice.textContent !== words) notice.textContent = words;
    },
    showHeader({ name, line, initial, offerPerson }) {
      title.textContent = name;
      promise.replaceChildren(...linked(line));
      avatar.replaceChildren(initial || icon("chat"));
      person.hidden = !offerPerson;
    },
  };
}
