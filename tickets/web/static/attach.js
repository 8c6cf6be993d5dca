// Attaching files to a reply: by a button, by dropping them on the thread, or by pasting.
import { html, useEffect, useRef, useState } from "./lib.js";
import { fileUrl } from "./api.js";
import { bytes } from "./format.js";
import { t } from "./i18n.js";
import { Icon } from "./parts.js";
import { ACCEPT, addFiles, filesOf, goesAsLink, removeFile, tryAgain } from "./uploads.js";

export function AttachButton({ where }) {
  const chooser = useRef(null);
  const chosen = () => {
    addFiles(where, chooser.current.files);
    chooser.current.value = "";
  };
  return html`
    <button type="button" class="attach" title=${t("attach.hint")} onClick=${() => chooser.current.click()}>
      <${Icon} name="clip" />
      <span>${t("attach")}</span>
    </button>
    <input type="file" id="attach" hidden multiple accept=${ACCEPT} ref=${chooser} onChange=${chosen} />
  `;
}

function Picture({ where, file }) {
  const [gone, setGone] = useState(false);
  const image = file.state === "ready" && file.kind === "image" && !gone;
  if (image) return html`<img src=${fileUrl(where, file.id)} alt="" onError=${() => setGone(true)} />`;
  const icon = file.state === "failed" ? "alert" : file.kind === "image" ? "picture" : "article";
  return html`<span class="sign"><${Icon} name=${icon} /></span>`;
}

function Standing({ file }) {
  if (file.state === "failed") return html`<small class="bad">${file.problem}</small>`;
  if (file.state === "loading") return html`
    <progress max="1" value=${file.share} aria-label=${t("attach.loading", { name: file.name })} />
  `;
  const size = bytes(file.size);
  return html`
    <small class=${goesAsLink(file) ? "warn" : ""}>
      ${goesAsLink(file) ? `${size} · ${t("attach.link")}` : size}
    </small>
  `;
}

const Held = ({ where, file }) => html`
  <li class=${`held ${file.state}`}>
    <${Picture} where=${where} file=${file} />
    <div class="about">
      <span class="name" dir="auto" title=${file.name}>${file.name || t(`file.${file.kind}`)}</span>
      <${Standing} file=${file} />
      ${file.again && html`
        <button type="button" class="link" onClick=${() => tryAgain(where, file.key)}>${t("error.retry")}</button>
      `}
    </div>
    <button
      type="button"
      class="quiet"
      aria-label=${t("attach.remove", { name: file.name })}
      onClick=${() => removeFile(where, file.key)}
    >
      <${Icon} name="close" />
    </button>
  </li>
`;

/** What a screen reader is told when a file is there, or will not be. */
function told(files) {
  const last = files.filter((file) => file.state !== "loading").at(-1);
  if (!last) return "";
  return last.state === "ready" ? t("attach.there", { name: last.name }) : `${last.name}: ${last.problem}`;
}

export function Attached({ where }) {
  const files = filesOf(where);
  return html`
    ${files.length > 0 && html`
      <ul class="holding" aria-label=${t("attach.list")}>
        ${files.map((file) => html`<${Held} key=${file.key} where=${where} file=${file} />`)}
      </ul>
    `}
    <p class="hidden" role="status">${told(files)}</p>
  `;
}

const carries = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");

/** Takes files that are dropped anywhere on the page, which would else leave it for the file.
 *  True while one is over it. */
export function useDrop(where, allowed) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    let leaving = null;
    const drag = (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = allowed ? "copy" : "none";
      clearTimeout(leaving);
      // "dragleave" comes for every element on the way, "dragover" every 350 ms.
      leaving = setTimeout(setOver, 400, false);
      setOver(allowed);
    };
    const drop = (event) => {
      if (!carries(event)) return;
      event.preventDefault();
      setOver(false);
      if (allowed) addFiles(where, event.dataTransfer.files);
    };
    addEventListener("dragover", drag);
    addEventListener("drop", drop);
    return () => { clearTimeout(leaving); removeEventListener("dragover", drag); removeEventListener("drop", drop); };
  }, [where, allowed]);
  return over;
}

/** A pasted picture becomes a file; where words come along, as from a table, the words are meant. */
export function pasted(event, where) {
  const { files, types } = event.clipboardData;
  if (!files.length || types.includes("text/plain")) return;
  event.preventDefault();
  addFiles(where, files);
}
