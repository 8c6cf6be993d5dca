/* Files at a message before it goes out: chosen, dropped or pasted;
   each is on its way, there, or refused with a reason. */
const MOST_FILES = 10;
const MOST_BYTES = 20 * 1024 * 1024;
/* For the file dialog only; what counts is what is in a file. */
const ACCEPT = "image/*,audio/*,video/*,application/pdf,text/plain,.docx,.xlsx,.pptx";
const KNOWN_REFUSALS = ["file_type", "file_too_large", "too_many"];

function createAttach({ texts, base, store, token, onChange }) {
  const chooser = element("input", { type: "file", multiple: true, accept: ACCEPT, hidden: true, onchange: choose });
  const button = element(
    "button",
    {
      type: "button",
      class: "clip",
      "aria-label": texts.say("attach"),
      title: texts.say("attach"),
      onclick: () => chooser.click(),
    },
    icon("clip"),
  );
  const list = element("ul", { class: "holding", "aria-label": texts.say("attached") });
  const told = element("p", { class: "hidden", role: "status" });
  /* Those that are there already are known after a reload too, but not for as long as the service keeps them unsent. */
  let held = (store.read("files") || []).filter((file) => !isOver(file)).map((file) => ({ ...file, state: "ready" }));

  function choose() {
    add(chooser.files);
    chooser.value = "";
  }

  function add(files) {
    for (const file of files) {
      const one = { name: file.name, size: file.size, file, state: "loading" };
      const sendable = held.filter(({ state }) => state !== "failed");
      held.push(one);
      if (sendable.length >= MOST_FILES) refuse(one, texts.say("file_many", { most: MOST_FILES }));
      else if (file.size > MOST_BYTES) refuse(one, texts.say("file_too_large"));
      else load(one);
    }
    draw();
  }

  async function load(one) {
    Object.assign(one, { state: "loading", problem: "", again: false });
    draw();
    const form = new FormData();
    try {
      form.append("token", await token());
      form.append("file", one.file, one.file.name || "file");
      const response = await fetch(`${base}/chat/files`, { method: "POST", body: form, credentials: "omit" });
      const answer = await response.json().catch(() => ({}));
      if (response.ok) Object.assign(one, answer, { state: "ready", file: null });
      else refuse(one, reason(response.status === 413 ? "file_too_large" : answer.error?.code), response.status >= 500);
    } catch {
      refuse(one, texts.say("file_lost"), true);
    }
    if (held.includes(one)) tell(one);
    draw();
  }

  function tell(one) {
    told.textContent = one.state === "ready" ? texts.say("file_there", one) : `${one.name}: ${one.problem}`;
  }

  function reason(code) {
    return texts.say(KNOWN_REFUSALS.includes(code) ? (code === "too_many" ? "file_wait" : code) : "file_lost");
  }

  /* Only a lost connection is worth another try with the same file. */
  function refuse(one, problem, again = false) {
    Object.assign(one, { state: "failed", problem, again });
  }

  function remove(one) {
    held = held.filter((other) => other !== one);
    draw();
    button.focus();
  }

  function draw() {
    list.replaceChildren(...held.map(line));
    list.hidden = !held.length;
    store.write("files", held.filter(({ state }) => state === "ready").map(({ file, ...known }) => known));
    onChange();
  }

  function line(one) {
    const state = { loading: texts.say("file_loading"), ready: texts.size(one.size), failed: one.problem }[one.state];
    const again = { type: "button", class: "plainly", onclick: () => load(one) };
    const shut = {
      type: "button",
      class: "shut",
      "aria-label": texts.say("file_remove", one),
      onclick: () => remove(one),
    };
    return element(
      "li",
      { class: one.state },
      icon("file"),
      element("span", { class: "name", dir: "auto" }, one.name || texts.say("file")),
      element("small", {}, state),
      one.again ? element("button", again, texts.say("retry")) : null,
      element("button", shut, icon("close")),
    );
  }

  /* A pasted picture becomes a file; where words come along, as from a table, the words are meant. */
  function paste(event) {
    const { files, types } = event.clipboardData;
    if (!files.length || types.includes("text/plain")) return;
    event.preventDefault();
    add(files);
  }

  function carries(event) {
    return [...(event.dataTransfer?.types ?? [])].includes("Files");
  }

  return {
    button, chooser, list, told, paste,
    restore: draw,
    /* They belong to the customer who brought them; nobody else can send them. */
    forget() {
      held = [];
      draw();
    },
    over: (event) => carries(event) && event.preventDefault(),
    drop(event) {
      if (!carries(event)) return;
      event.preventDefault();
      add(event.dataTransfer.files);
    },
    busy: () => held.some(({ state }) => state === "loading"),
    ready: () => held.filter(({ state }) => state === "ready"),
    take() {
      const ready = held.filter(({ state }) => state === "ready");
      held = [];
      draw();
      return ready;
    },
  };
}
