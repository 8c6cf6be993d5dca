/* The shelf: one phone for each simulated platform, one stream of events for all of them,
   and links that start a phone. */
import { createPhone } from "./phone.js";

const ORDER = ["telegram", "whatsapp", "messenger", "instagram", "sms", "email"];
const AGAIN_MS = 3000;
const shelf = document.getElementById("phones");
const texts = JSON.parse(shelf.dataset.texts);
const phones = new Map();

/* One customer per browser: the same last digits on every phone, in the form that each platform's addresses have. */
function addresses() {
  const seed = kept("faden:phones", () =>
    String((crypto.getRandomValues(new Uint32Array(1))[0] % 900000000) + 100000000),
  );
  return {
    telegram: seed, whatsapp: `4915${seed}`, messenger: `2400000${seed}`, instagram: `1780000${seed}`,
    sms: `+4915${seed}`, email: `kim.${seed}@mailbox.example`,
  };
}

function kept(key, make) {
  try {
    if (!localStorage.getItem(key)) localStorage.setItem(key, make());
    return localStorage.getItem(key);
  } catch {
    return make();
  }
}

async function channels() {
  try {
    const answer = await fetch("/vendors");
    return answer.ok ? (await answer.json()).channels : [];
  } catch {
    return [];
  }
}

async function fill() {
  const on = await channels();
  const names = ORDER.filter((name) => on.includes(name));
  document.getElementById("phones-off").hidden = names.length > 0;
  shelf.hidden = !names.length;
  const own = addresses();
  for (const name of names) {
    const phone = createPhone({
      channel: name,
      address: own[name],
      name: shelf.dataset[name],
      texts,
      language: document.documentElement.lang,
    });
    phones.set(name, phone);
    shelf.append(phone.node);
  }
  if (names.length) listen(names.map((name) => [name, own[name]]));
  follow(new URL(location.href));
}

/* A browser allows six lines to one server, so all phones share one. After a break everything is read again. */
function listen(pairs) {
  const stream = new EventSource(`/vendors/events?${new URLSearchParams(pairs)}`);
  stream.onopen = () => phones.forEach((phone) => phone.load());
  stream.onmessage = ({ data }) => {
    const { channel, bubble } = JSON.parse(data);
    phones.get(channel)?.show(bubble);
  };
  stream.onerror = () => {
    phones.forEach((phone) => phone.offline());
    if (stream.readyState === EventSource.CLOSED) setTimeout(() => listen(pairs), AGAIN_MS);
  };
}

/* An address like ?phone=telegram&code=FD-… is what a real deep link does:
   the phone opens the chat and brings the code. */
function follow(url) {
  const phone = phones.get(url.searchParams.get("phone"));
  const code = url.searchParams.get("code");
  if (!phone || !code) return false;
  /* A code is a secret and works once: it must not stay in the address. */
  const rest = new URL(location.href);
  rest.searchParams.delete("phone");
  rest.searchParams.delete("code");
  history.replaceState(null, "", rest);
  if (matchMedia("(max-width: 480px)").matches) window.Faden?.close();
  phone.start(code);
  return true;
}

addEventListener("click", (event) => {
  const link = event.composedPath().find((node) => node instanceof HTMLAnchorElement && node.href);
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const url = new URL(link.href);
  if (url.pathname === "/" && follow(url)) event.preventDefault();
});

fill();
