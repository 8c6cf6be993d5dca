/* Proves an e-mail address: the address, then the code that was mailed to it. Each step is one small form. */
const TICK_MS = 1000;
const KNOWN_TROUBLE = ["bad_address", "too_soon", "too_many", "mail_not_sent", "code_invalid", "offline"];

function createMailProof({ texts, ask, onProven }) {
  const trouble = element("p", { class: "trouble", id: "mail-trouble", role: "alert" });
  const told = element("p", { role: "status", tabindex: "-1" });
  const address = field("mail-address", { type: "email", autocomplete: "email", inputmode: "email", maxlength: "254" });
  const code = field("mail-code", { type: "text", autocomplete: "one-time-code", autocapitalize: "characters",
    maxlength: "20", placeholder: "FD-XXXXX-XXXXX" });
  const first = step(address, "mail_address", button("mail_send"), send);
  const again = element("button", { type: "button", class: "plainly", onclick: () => send() });
  const other = element(
    "button",
    { type: "button", class: "plainly", onclick: () => start() },
    texts.say("mail_other"),
  );
  const second = step(
    code,
    "mail_code",
    button("mail_confirm"),
    confirm,
    element("div", { class: "row" }, again, other),
  );
  const toggle = element(
    "button",
    { type: "button", class: "way", "aria-expanded": "false", onclick: () => unfold(body.hidden) },
    texts.say("mail_proof"),
    icon("down"),
  );
  const body = element("div", { class: "proof", hidden: true }, told, trouble, first, second);
  const view = element("div", { class: "mail", hidden: true }, toggle, body);
  let sentTo = "";
  let ready = 0;
  let timer = 0;

  function field(id, properties) {
    return element("input", {
      id,
      required: true,
      spellcheck: "false",
      "aria-describedby": "mail-trouble",
      ...properties,
    });
  }

  function button(key) {
    return element("button", { type: "submit", class: "again" }, texts.say(key));
  }

  function step(input, key, submit, run, more = null) {
    return element("form", { class: "step", novalidate: true, onsubmit: (event) => (event.preventDefault(), run()) },
      element("label", { for: input.id }, texts.say(key)), element("div", { class: "row" }, input, submit), more);
  }

  /* After the last step it begins anew when it is opened again. */
  function unfold(open) {
    if (open && first.hidden && second.hidden) start(false);
    body.hidden = !open;
    toggle.setAttribute("aria-expanded", String(open));
    if (!open) return;
    (second.hidden ? address : code).focus();
    view.scrollIntoView({ block: "nearest" });
  }

  function start(focus = true) {
    sentTo = "";
    show({ first: true });
    if (focus) address.focus();
  }

  function show({ first: isFirst = false, second: isSecond = false, words = "" }) {
    first.hidden = !isFirst;
    second.hidden = !isSecond;
    told.textContent = words;
    complain("");
  }

  function complain(words, input = null) {
    trouble.textContent = words;
    for (const one of [address, code]) one.toggleAttribute("aria-invalid", false);
    if (!words || !input) return;
    input.setAttribute("aria-invalid", "true");
    input.focus();
  }

  function wordsOf({ code: found, wait }) {
    return texts.say(`trouble_${KNOWN_TROUBLE.includes(found) ? found : "failed"}`, { seconds: wait || "" });
  }

  async function send() {
    const to = (sentTo || address.value).trim();
    if (!address.checkValidity()) return complain(texts.say("trouble_bad_address"), address);
    const found = await busily(() => ask("/email", { address: to }));
    if (found.code === "too_soon") waitFor(found.wait);
    if (found.code) return complain(wordsOf(found), sentTo ? null : address);
    sentTo = to;
    show({ second: true, words: texts.say("mail_sent", { address: to }) });
    code.value = "";
    code.focus();
    waitFor(found.answer.again_seconds);
  }

  async function confirm() {
    if (!code.value.trim()) return complain(texts.say("trouble_no_code"), code);
    const found = await busily(() => ask("/email/confirm", { code: code.value.trim() }));
    if (found.code) return complain(wordsOf(found), code);
    show({ words: texts.say("mail_proven", { address: sentTo }) });
    clearTimeout(timer);
    address.value = "";
    told.focus();
    onProven();
  }

  /* One request at a time, however often somebody presses. */
  async function busily(work) {
    if (body.ariaBusy === "true") return new Promise(() => {});
    body.ariaBusy = "true";
    try {
      return await work();
    } finally {
      body.ariaBusy = "false";
    }
  }

  function waitFor(seconds) {
    ready = Date.now() + (seconds || 0) * 1000;
    tick();
  }

  function tick() {
    clearTimeout(timer);
    const left = Math.ceil((ready - Date.now()) / 1000);
    again.disabled = left > 0;
    again.textContent = left > 0 ? texts.say("mail_again_in", { seconds: left }) : texts.say("mail_again");
    if (left > 0) timer = setTimeout(tick, TICK_MS);
  }

  start(false);
  return {
    view,
    offer: (possible) => (view.hidden = !possible),
    forget() {
      start(false);
      unfold(false);
      address.value = code.value = "";
    },
  };
}
