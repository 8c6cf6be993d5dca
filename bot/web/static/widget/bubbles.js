/* Draws the log: one element per message, kept between drawings, so that a screen reader announces each once. */
function createBubbles({ log, texts, base, onChoice, onRetry, onRemove }) {
  const drawn = new Map();

  function draw(items) {
    const ids = new Set(items.map((item) => item.id));
    for (const [id, entry] of drawn) if (!ids.has(id)) remove(id, entry);
    items.forEach((item, index) => place(item, index, items));
  }

  function remove(id, entry) {
    entry.node.remove();
    drawn.delete(id);
  }

  function place(item, index, items) {
    const look = describe(item, index, items);
    const key = JSON.stringify([
      look,
      item.failed,
      item.cursor,
      item.text,
      item.deleted,
      item.choices,
      item.attachments,
    ]);
    const known = drawn.get(item.id);
    if (known?.key !== key) {
      const node = known ? known.node : element("div");
      const looks = ["first", "last", "fresh"].filter((name) => look[name]);
      node.className = ["message", item.author, ...looks].join(" ");
      refill(node, contents(item, look));
      drawn.set(item.id, { node, key });
    }
    const node = drawn.get(item.id).node;
    if (log.children[index] !== node) log.insertBefore(node, log.children[index] || null);
  }

  /* Neighbours by the same author within a minute are one group: name on top, time below.
     What others said last is fresh. */
  function describe(item, index, items) {
    const newest = items.at(-1);
    const isLate = (other) => other && other.author !== "customer" && minute(other) === minute(newest);
    const same = (other) =>
      other && other.author === item.author && other.author_name === item.author_name && minute(other) === minute(item);
    return {
      first: !same(items[index - 1]),
      last: !same(items[index + 1]) || Boolean(item.failed),
      fresh: newest.author !== "customer" && items.slice(index).every(isLate) && !isLate(items[index - 1]),
      open: !items.slice(index + 1).some((later) => later.author === "customer"),
      today: isToday(item.at),
      newest: item.author === "customer" && !items.slice(index + 1).some((later) => later.author === "customer"),
    };
  }

  function contents(item, look) {
    const elsewhere = item.channel && item.channel !== "web";
    return [
      element("span", { class: look.first ? "who" : "hidden", dir: "auto" }, speaker(item)),
      element(
        "div",
        { class: item.deleted ? "bubble gone" : "bubble", dir: "auto" },
        words(item),
        ...attachments(item, texts, base),
        article(item),
      ),
      elsewhere
        ? element("span", { class: "badge" }, texts.say("via", { channel: channelName(item.channel, texts) }))
        : null,
      look.open && answerable(item) ? choices(item) : null,
      (look.last || item.edited) && item.author !== "system" ? footer(item, look) : null,
    ].filter(Boolean);
  }

  /* What customers write is shown as they wrote it; stars and dashes of the others are marks. */
  function words({ author, text = "", deleted }) {
    if (deleted) return element("em", {}, texts.say("deleted"));
    if (!text) return null;
    return author === "bot" || author === "agent"
      ? renderMarkdown(text)
      : element("span", { class: "plain" }, ...linked(text));
  }

  function speaker(item) {
    if (item.author === "agent") return item.author_name || texts.say("agent");
    return texts.say(item.author === "customer" ? "you" : item.author);
  }

  function article({ article: found }) {
    const href = found && safeAddress(found.url, base);
    if (!href) return null;
    return element("a", { class: "article", href, target: "_blank", rel: "noopener" }, icon("article"), found.title);
  }

  function choices(item) {
    const buttons = item.choices.map((choice) =>
      element("button", { type: "button", class: "choice", onclick: () => onChoice(choice) }, choice.title),
    );
    return element("div", { class: "choices", role: "group", "aria-label": texts.say("choices") }, ...buttons);
  }

  function footer(item, look) {
    const time = element("time", { datetime: item.at, title: texts.exactTime(item.at) }, texts.time(item.at));
    if (item.author !== "customer") return element("div", { class: "footer" }, time);
    if (item.failed) return failure(item, time);
    const state = item.cursor ? "sent" : "sending";
    const shown = look.newest || !item.cursor;
    const edited = item.edited && !item.deleted ? element("span", {}, texts.say("edited")) : null;
    return element(
      "div",
      { class: "footer" },
      edited,
      time,
      shown ? element("span", { class: state }, texts.say(state)) : null,
    );
  }

  function failure(item, time) {
    const retry = element(
      "button",
      { type: "button", class: "retry", onclick: () => onRetry(item.id) },
      texts.say("retry"),
    );
    /* What was refused is nowhere but here; of anything else nobody knows yet whether it arrived. */
    const remove =
      item.failed === "refused"
        ? element("button", { type: "button", class: "retry", onclick: () => onRemove(item.id) }, texts.say("remove"))
        : null;
    return element(
      "div",
      { class: "footer failed" },
      time,
      element("span", {}, texts.say("failed")),
      element("span", { class: "then" }, retry, remove),
    );
  }

  /* Whether channels are joined is answered by the channel that was asked. */
  function answerable({ channel, choices: offered = [] }) {
    return offered.length > 0 && (channel === "web" || !offered.some(({ payload }) => payload.startsWith(LINK)));
  }

  return { draw };
}

function channelName(channel, texts) {
  return texts.has(`channel_${channel}`) ? texts.say(`channel_${channel}`) : channel;
}

function minute({ at }) {
  return Math.floor(new Date(at) / 60000);
}

/* What is as before stays where it is: put in anew it would be read out once more, and lose the focus. */
function refill(node, parts) {
  let at = node.firstChild;
  for (const part of parts) {
    const same = alike(at, part);
    if (!same) {
      node.insertBefore(part, at);
      continue;
    }
    clear(at, same);
    if (!same.isEqualNode(part)) refill(same, [...part.childNodes]);
    at = same.nextSibling;
  }
  clear(at, null);
}

/* A plain footer, which nothing listens to, may change within; anything else is the same or another one. */
function alike(from, part) {
  const isPlain = (one) => one.className === "footer";
  for (let one = from; one; one = one.nextSibling)
    if (one.isEqualNode(part) || (isPlain(one) && isPlain(part))) return one;
  return null;
}

function clear(from, to) {
  for (let one = from; one !== to; ) {
    const next = one.nextSibling;
    one.remove();
    one = next;
  }
}
