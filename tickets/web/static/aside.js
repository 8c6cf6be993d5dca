// Events that could not be used: kept aside with the reason, so that nothing is lost, and tried again by an admin.
import { html, useState } from "./lib.js";
import { api } from "./api.js";
import { t } from "./i18n.js";
import { Empty, Failure, Problem, Skeleton, Time, problemOf, useList } from "./parts.js";

const Row = ({ one, again, error }) => html`
  <li class="aside">
    <div class="about">
      <b>${one.stream_id}</b>
      <small>${one.tag} · <${Time} at=${one.at} /></small>
      <p dir="auto">${one.error}</p>
      <details><summary>${t("aside.raw")}</summary><pre tabindex="0">${one.raw}</pre></details>
      <${Problem} text=${error} />
    </div>
    <div class="does" role="group" aria-label=${one.stream_id}>
      <button onClick=${() => again(one)}>${t("state.retry")}</button>
    </div>
  </li>
`;

export function Aside() {
  const [list, reload] = useList(api.poison);
  const [errors, setErrors] = useState({});
  const again = async (one) => {
    try {
      await api.retryPoison(one.id);
      reload();
    } catch (problem) {
      setErrors((all) => ({ ...all, [one.id]: problemOf(problem) }));
    }
  };
  if (list.state === "loading") return html`<div class="card"><${Skeleton} lines=${3} /></div>`;
  if (list.state === "error") return html`<div class="card"><${Failure} retry=${reload} /></div>`;
  if (!list.items.length) return html`<div class="card"><${Empty}>${t("aside.empty")}<//></div>`;
  return html`
    <p class="muted">${t("aside.hint")}</p>
    <div class="card">
      <ul class="rows">
        ${list.items.map((one) => html`<${Row} key=${one.id} one=${one} again=${again} error=${errors[one.id]} />`)}
      </ul>
    </div>
  `;
}
