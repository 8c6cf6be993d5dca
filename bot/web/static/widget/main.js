/* Wires thread, connection and panel together; the only part that knows all of them. */
const ACCEPT_MS = 10000;
const STORE_AWAY_MS = 2000;
const TYPING_SHOWN_MS = 6000;
const TYPING_EVERY_MS = 3000;

function startWidget(script) {
  const base = new URL(script.src, location.href).origin;
  const texts = createTexts(chosenLanguage(script.dataset.language));
  const identity = script.dataset.identity || null;
  const store = createStore(base);
  handOver(store, personOf(identity));
  const thread = createThread(store, personOf(identity));
  const host = element("faden-chat", { lang: texts.language, "data-theme": script.dataset.theme });
  const root = host.attachShadow({ mode: "open" });
  const style = new CSSStyleSheet();
  style.replaceSync(CSS_TEXT);
  root.adoptedStyleSheets = [style];

  let owner = { owner: "bot", ticket: null };
  let typingTimer = 0;
  let typedAt = 0;

  const elsewhere = createElsewhere({ texts, base, token: () => connection.token(), onBack: () => panel.showLog() });
  const attach = createAttach({
    texts, base, store, token: () => connection.token(), onChange: () => panel.filesChanged(),
  });
  const panel = createPanel({
    root, texts, elsewhere, attach,
    onOpen() {
      store.write("open", true);
      connection.start();
      see();
    },
    onClose: () => store.write("open", false),
    onSend(text, files) {
      const ids = files.length ? { files: files.map(({ id }) => id) } : {};
      say({ type: "message", id: uuid(), text, ...ids }, text, files);
    },
    onPerson: () => say({ type: "message", id: uuid(), text: texts.say("ask_person") }, texts.say("ask_person")),
    onInput(draft) {
      store.write("draft", draft);
      if (draft && Date.now() - typedAt > TYPING_EVERY_MS && connection.send({ type: "typing" })) typedAt = Date.now();
    },
  });
  const bubbles = createBubbles({
    log: panel.log, texts, base,
    onChoice: ({ title, payload }) => say({ type: "choice", id: uuid(), payload, title }, title),
    onRetry: (id) => transmit(thread.find(id)),
    onRemove(id) {
      thread.drop(id);
      panel.showNotice("");
      draw();
      panel.focus();
    },
  });
  const connection = createConnection({
    base, store, language: texts.language, identity,
    cursor: thread.cursor,
    onCustomer(customer) {
      if (thread.belongsTo(customer)) {
        leaveElsewhere();
        attach.forget();
      }
      draw();
    },
    onFrame: receive,
    onState(state) {
      /* While it is tried again and again the notice stays: a screen reader says it once. */
      if (state === "offline") panel.showNotice(texts.say("offline"));
      if (state === "busy") panel.showNotice(texts.say("busy"));
      if (state !== "ready") return;
      panel.showNotice("");
      resend();
    },
  });

  function resend() {
    thread.waiting().filter((item) => item.failed !== "refused").forEach(transmit);
  }

  function say(frame, text, files = []) {
    const item = thread.enqueue(frame, text, files);
    transmit(item);
    panel.toEnd();
    connection.start();
  }

  /* The same uuid goes out as often as needed: the server stores it once. */
  function transmit(item) {
    if (!item) return;
    item.failed = null;
    if (connection.send(item.frame)) setTimeout(() => overdue(item.id), ACCEPT_MS);
    draw();
  }

  function overdue(id) {
    const item = thread.find(id);
    if (!item || item.failed) return;
    thread.fail(id, "overdue");
    draw();
    connection.renew();
  }

  const handlers = {
    ready: (frame) => own(frame.thread),
    thread: (frame) => own(frame.thread || frame),
    reset: () => (thread.reset(), leaveElsewhere()),
    accepted({ id, cursor }) {
      thread.accept(id, cursor);
      panel.showNotice("");
    },
    typing: (frame) => showTyping(frame.author_name || (owner.owner === "agent" ? agentName() : texts.say("bot"))),
    message(message) {
      const isNew = thread.add(message);
      /* The code was used: the question about it stands in the log. */
      if (isNew && message.choices?.some(({ payload }) => payload.startsWith(LINK))) leaveElsewhere();
      if (message.author !== "customer") showTyping("");
    },
    error({ id, code }) {
      if (code === "try_again") setTimeout(resend, STORE_AWAY_MS);
      if (!id) return;
      if (code === "unknown_file") return giveBack(thread.find(id));
      thread.fail(id, "refused");
      panel.showNotice(texts.say(code === "message_too_long" ? "too_long" : "refused"));
    },
  };

  /* Its file is gone, so it could never be sent as it is: the words go back to where they were written. */
  function giveBack(item) {
    if (!item) return;
    thread.drop(item.id);
    panel.draft([item.text, panel.written()].filter(Boolean).join("\n"));
    store.write("draft", panel.written());
    panel.showNotice(texts.say("file_gone"));
  }

  function receive(frame) {
    const follow = panel.follows();
    handlers[frame.type]?.(frame);
    draw();
    if (follow) panel.toEnd();
    see();
  }

  function leaveElsewhere() {
    elsewhere.forget();
    panel.showLog();
  }

  function own(changed) {
    if (changed) owner = changed;
  }

  function showTyping(name) {
    clearTimeout(typingTimer);
    panel.showTyping(name);
    if (name) typingTimer = setTimeout(() => panel.showTyping(""), TYPING_SHOWN_MS);
  }

  function see() {
    if (panel.isOpen() && document.visibilityState === "visible") {
      const cursor = thread.markSeen();
      if (cursor) connection.send({ type: "seen", cursor });
    }
    panel.label(panel.isOpen() ? 0 : thread.unread());
  }

  function agentName() {
    const last = thread.messages().findLast((message) => message.author === "agent");
    return owner.agent_name || owner.ticket?.assignee_name || last?.author_name || texts.say("agent");
  }

  function header() {
    if (owner.owner === "agent") {
      const name = agentName();
      return { name, line: texts.say("promise_agent"), initial: name.charAt(0).toUpperCase() };
    }
    if (owner.owner === "queue") return { name: texts.say("queue"), line: queueLine(owner.ticket || {}) };
    return { name: texts.say("bot"), line: texts.say("promise_bot"), offerPerson: true };
  }

  function queueLine({ ref = "", position, eta_minutes: eta }) {
    const place = position ? texts.say("position", { position }) : texts.say("promise_queue");
    const wait = position && eta ? texts.count("eta", eta) : "";
    return [place, wait, ref].filter(Boolean).join(" · ");
  }

  function draw() {
    const held = root.activeElement;
    const items = [...thread.messages(), ...thread.waiting()];
    bubbles.draw(items);
    panel.showEmpty(!items.length);
    panel.showHeader(header());
    if (held && !held.getClientRects().length) panel.focusLog();
  }

  document.body.append(host);
  document.addEventListener("visibilitychange", see);
  panel.draft(store.read("draft") || "");
  attach.restore();
  draw();
  see();
  if (store.read("open") && !matchMedia(SHEET).matches) panel.open(false);
  else if (store.read("session")) connection.start();

  window.Faden = {
    open: () => panel.isOpen() || panel.open(),
    close: () => panel.isOpen() && panel.close(),
    goOnElsewhere() {
      window.Faden.open();
      panel.showElsewhere();
    },
    say(text) {
      window.Faden.open();
      say({ type: "message", id: uuid(), text }, text);
    },
  };
}

/* `crypto.randomUUID` exists only on secure pages, and a shop may try the widget on a plain one first. */
function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 15) | 64;
  bytes[8] = (bytes[8] & 63) | 128;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

const ownScript = document.currentScript;
if (!window.Faden) {
  if (document.body) startWidget(ownScript);
  else addEventListener("DOMContentLoaded", () => startWidget(ownScript));
}
