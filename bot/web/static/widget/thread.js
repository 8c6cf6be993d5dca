/* The customer's thread as this browser knows it: what the server stored, and what is still on its way there. */
const KEPT_MESSAGES = 200;
/* A message that was not sent waits so long for its writer to sign in again. */
const AWAITED_MS = 7 * 24 * 3600 * 1000;

function createThread(store, person) {
  const empty = { customer: null, cursor: null, seen: null, messages: [] };
  let log = store.read("log") || empty;
  const outbox = new Map();
  for (const key of store.keys("out:")) restore(store.read(key));

  function restore(item) {
    if (!item) return;
    if (!item.person || item.person === person) keep({ ...item, person });
    else if (Date.now() - new Date(item.at) > AWAITED_MS) settle(item.id);
  }

  function keep(item) {
    outbox.set(item.id, item);
    store.write(`out:${item.id}`, item);
  }

  function settle(id) {
    outbox.delete(id);
    store.remove(`out:${id}`);
  }

  const save = () => {
    log.messages = log.messages.slice(-KEPT_MESSAGES);
    store.write("log", log);
  };

  /* Addresses of files do not live long: those that have ended are fetched anew, with the messages they stand in. */
  function resumeAt() {
    const ended = log.messages.findIndex((message) => message.attachments?.some(isOver));
    return ended < 0 ? log.cursor : log.messages[ended - 1]?.cursor || null;
  }

  return {
    cursor: resumeAt,
    seen: () => log.seen,
    messages: () => log.messages,
    waiting: () => [...outbox.values()].sort((a, b) => a.at.localeCompare(b.at)),
    find: (id) => outbox.get(id),

    /* Another customer's words must not stay on the screen. True if they did. */
    belongsTo(customer) {
      const changed = Boolean(log.customer) && log.customer !== customer;
      if (changed) log = { ...empty, messages: [] };
      log.customer = customer;
      save();
      return changed;
    },

    /* What was shown before is not this customer's any more. */
    reset() {
      log = { ...empty, customer: log.customer, seen: log.seen, messages: [] };
      save();
    },

    /* True if the message is new here. Replays and the echo of the own message meet by id. */
    add(message) {
      settle(message.id);
      const known = log.messages.findIndex((other) => other.id === message.id);
      if (known >= 0) log.messages.splice(known, 1);
      log.messages.push(message);
      log.messages.sort((a, b) => compareCursors(a.cursor, b.cursor));
      if (compareCursors(message.cursor, log.cursor) > 0) log.cursor = message.cursor;
      save();
      return known < 0;
    },

    /* The resume cursor stays: messages of others, older than this one, may still be on their way. */
    accept(id, cursor) {
      const item = outbox.get(id);
      if (!item) return;
      const { at, channel, text, attachments } = item;
      log.messages.push({
        cursor,
        id,
        author: "customer",
        author_name: "",
        channel,
        text,
        attachments,
        choices: [],
        article: null,
        at,
      });
      log.messages.sort((a, b) => compareCursors(a.cursor, b.cursor));
      settle(id);
      save();
    },

    enqueue(frame, text, attachments = []) {
      const at = new Date().toISOString();
      const item = { id: frame.id, frame, text, attachments, author: "customer", channel: "web", at, person };
      keep(item);
      return item;
    },

    fail(id, reason) {
      const item = outbox.get(id);
      if (item) item.failed = reason;
    },

    drop: settle,

    unread() {
      return log.messages.filter(
        (message) => message.author !== "customer" && compareCursors(message.cursor, log.seen) > 0,
      ).length;
    },

    markSeen() {
      const last = log.messages.at(-1);
      if (!last || compareCursors(last.cursor, log.seen) <= 0) return null;
      log.seen = last.cursor;
      save();
      return log.seen;
    },
  };
}

function isOver({ url = "" }) {
  const until = Number(/[?&]until=(\d+)/.exec(url)?.[1] || Infinity);
  return until * 1000 < Date.now();
}

/* Cursors are stream ids, `milliseconds-sequence`; nothing is before everything. */
function compareCursors(one, other) {
  if (one == null || other == null) return (one == null ? 0 : 1) - (other == null ? 0 : 1);
  const [a, b] = [one, other].map((cursor) => String(cursor).split("-").map(Number));
  return a[0] - b[0] || (a[1] || 0) - (b[1] || 0);
}
