// Evidence comes as "cue: words"; the cue is named in the reader's language, the words stay as the customer wrote them.
import { html } from "./lib.js";
import { known, t } from "./i18n.js";

const CUE = /^([a-z_]+)(?:: (.*))?$/s;

function Piece({ item }) {
  const [, cue, words = ""] = CUE.exec(item) ?? [];
  if (!cue || !known(`cue.${cue}`)) return html`<span dir="auto">${item}</span>`;
  const times = cue === "asked_before" && /^(\d+) times in this thread$/.exec(words);
  if (times) return html`<span>${t("cue.times", { n: times[1] })}</span>`;
  return html`<span>${t(`cue.${cue}`)}</span>${words && html` <q dir="auto">${words}</q>`}`;
}

export const Evidence = ({ items }) => items.length > 0 && html`
  <ul class="evidence">${items.map((item) => html`<li key=${item}><${Piece} item=${item} /></li>`)}</ul>
`;
