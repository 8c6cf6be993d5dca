// What was said, drawn: Markdown of bot and agents, customers' words as they are, files, links to articles.
import { html, useLayoutEffect, useRef, useState } from "./lib.js";
import { renderMarkdown } from "/static/markdown.js";
import { fileUrl, isKept } from "./api.js";
import { named, t } from "./i18n.js";
import { bytes, exact } from "./format.js";
import { Icon, Time } from "./parts.js";

const LONG = { signs: 420, lines: 7 };
const isLong = (text) => text.length > LONG.signs || text.split("\n").length > LONG.lines;

function Marked({ text, folded, lang }) {
  const box = useRef(null);
  useLayoutEffect(() => box.current.replaceChildren(renderMarkdown(text)), [text]);
  return html`<div class=${`text marked ${folded ? "folded" : ""}`} dir="auto" lang=${lang} ref=${box} />`;
}

/** A long answer of the bot is background: its first lines, and the rest when somebody wants it.
 *  `lang` is what it was written in, for who has it read out, and for hyphens. */
export function Words({ message, lang }) {
  const foldable = message.author === "bot" && isLong(message.text);
  const [folded, setFolded] = useState(foldable);
  if (!message.text || message.deleted_at) return null;
  if (message.author === "customer") return html`<p class="text" dir="auto" lang=${lang}>${message.text}</p>`;
  return html`
    <${Marked} text=${message.text} folded=${folded} lang=${lang} />
    ${foldable && html`
      <button class="link fold" aria-expanded=${String(!folded)} onClick=${() => setFolded(!folded)}>
        ${t(folded ? "text.more" : "text.less")}
      </button>
    `}
  `;
}

/** What a message said before: one click away, as the agent may have read or answered that. */
export function Former({ message }) {
  const [open, setOpen] = useState(false);
  const former = message.former ?? [];
  if (!former.length) return null;
  const at = message.deleted_at ?? former.at(-1).at;
  const label = message.deleted_at ? "former.deleted" : "former.edited";
  return html`
    <div class="former">
      <p>
        <span class="badge" title=${exact(at)}>${t(label)}</span>
        <button class="link" aria-expanded=${String(open)} onClick=${() => setOpen(!open)}>
          ${t(open ? "former.hide" : "former.show")}
        </button>
      </p>
      ${open && html`
        <ol>
          ${[...former].reverse().map((one) => html`
            <li key=${one.at}><p class="text" dir="auto">${one.text}</p><small><${Time} at=${one.at} /></small></li>
          `)}
        </ol>
      `}
    </div>
  `;
}

const map = ({ latitude, longitude }) =>
  `https://www.openstreetmap.org/?mlat=${latitude}&mlon=${longitude}#map=16/${latitude}/${longitude}`;

function Picture({ at, file }) {
  const [gone, setGone] = useState(false);
  const name = file.name || t("file.image");
  if (gone) return html`
    <span class="file muted">
      <${Icon} name="picture" />
      <span>${name} – ${t("file.gone")}</span>
      <button class="link" onClick=${() => setGone(false)}>${t("error.retry")}</button>
    </span>
  `;
  return html`
    <a class="picture" href=${at} target="_blank" rel="noopener">
      <img src=${at} alt=${name} loading="lazy" onError=${() => setGone(true)} />
    </a>
  `;
}

/** The whole mail with quotes and signature, of which the message is the gist: fetched when somebody wants it. */
function Original({ at }) {
  const [state, set] = useState({ name: "shut" });
  const load = async () => {
    set({ name: "loading" });
    const answer = await fetch(at).catch(() => null);
    set(answer?.ok ? { name: "full", text: await answer.text() } : { name: "error" });
  };
  const toggle = ({ target }) => target.open && ["shut", "error"].includes(state.name) && load();
  return html`
    <details class="original" onToggle=${toggle}>
      <summary>${t("file.original")}</summary>
      ${state.name === "full" && html`<pre tabindex="0" dir="auto">${state.text}</pre>`}
      ${state.name === "loading" && html`<p class="muted" role="status">${t("loading")}</p>`}
      ${state.name === "error" && html`
        <p class="muted" role="alert">
          ${t("file.gone")} <button class="link" onClick=${load}>${t("error.retry")}</button>
        </p>
      `}
    </details>
  `;
}

/** What it was stays to be read, without an address that leads nowhere. */
const Expired = ({ file }) => html`
  <span class="file expired">
    <${Icon} name=${file.kind === "image" ? "picture" : "article"} />
    <span>
      <span dir="auto">${file.original ? t("file.original") : file.name || named("file", file.kind)}</span>
      <small>${t("file.expired")}</small>
    </span>
  </span>
`;

function File({ where, file, at: saidAt }) {
  if (file.kind === "location") {
    if (file.latitude === null) return null;
    return html`
      <a class="file" href=${map(file)} target="_blank" rel="noopener noreferrer">
        <${Icon} name="place" />
        <span dir="auto">${file.name || t("file.location")}</span>
        <small>${file.latitude.toFixed(4)}, ${file.longitude.toFixed(4)}</small>
      </a>
    `;
  }
  if (!isKept(saidAt)) return html`<${Expired} file=${file} />`;
  const at = fileUrl(where, file.id);
  if (file.original) return html`<${Original} at=${at} />`;
  if (file.kind === "image") return html`<${Picture} at=${at} file=${file} />`;
  const voice = file.kind === "audio" && html`
    <audio controls preload="none" src=${at} aria-label=${file.name || t("file.audio")} />
  `;
  return html`
    ${voice}
    <a class="file" href=${at} target="_blank" rel="noopener">
      <${Icon} name="article" />
      <span dir="auto">${file.name || named("file", file.kind)}</span>
      ${file.size > 0 && html`<small>${bytes(file.size)}</small>`}
    </a>
  `;
}

export const Files = ({ where, items = [], at }) => items.map((file) => html`
  <${File} key=${file.id} where=${where} file=${file} at=${at} />
`);
