// Keys with which scripts use the API in an agent's name.
import { html, useState } from "./lib.js";
import { api } from "./api.js";
import { agent, agents } from "./desk.js";
import { t } from "./i18n.js";
import { Empty, Failure, Once, Problem, Skeleton, Sure, Time, problemOf, useList } from "./parts.js";

const owner = (one) =>
  one.agent_id === agent.value.id ? "" : (agents.value.find(({ id }) => id === one.agent_id)?.name ?? one.agent_id);

const Row = ({ one, revoke }) => html`
  <li>
    <div class="about">
      <b dir="auto">${one.name}</b>
      <small>${owner(one) && html`<span dir="auto">${owner(one)}</span> · `}<${Time} at=${one.created_at} /></small>
    </div>
    <div class="does" role="group" aria-label=${one.name}>
      <${Sure} label=${t("tokens.revoke")} run=${() => revoke(one)} />
    </div>
  </li>
`;

function List({ list, reload, revoke }) {
  if (list.state === "loading") return html`<${Skeleton} lines=${2} />`;
  if (list.state === "error") return html`<${Failure} retry=${reload} />`;
  if (!list.items.length) return html`<${Empty} icon="keyboard">${t("tokens.empty")}<//>`;
  return html`
    <ul class="rows">${list.items.map((one) => html`<${Row} key=${one.id} one=${one} revoke=${revoke} />`)}</ul>
  `;
}

export function Tokens() {
  const [list, reload] = useList(api.tokens);
  const [secret, setSecret] = useState(null);
  const [error, setError] = useState(null);
  const attempt = async (what) => {
    setError(null);
    await what().catch((problem) => setError(problemOf(problem)));
    reload();
  };
  const submit = (event) => {
    event.preventDefault();
    const form = event.target;
    attempt(async () => { setSecret(await api.createToken(new FormData(form).get("name"))); form.reset(); });
  };
  return html`
    ${secret && html`
      <${Once} title=${t("tokens.made", { name: secret.name })} text=${secret.token} close=${() => setSecret(null)} />
    `}
    <div class="card">
      <${List} list=${list} reload=${reload} revoke=${(one) => attempt(() => api.revokeToken(one.id))} />
    </div>
    <form class="card fields" onSubmit=${submit}>
      <h3>${t("tokens.new")}</h3>
      <label>
        ${t("tokens.name")}
        <input name="name" required maxlength="200" autocomplete="off" placeholder=${t("tokens.name.hint")} />
      </label>
      <p class="muted">
        ${t("tokens.hint")} <a href="/api/v1/openapi.json" target="_blank" rel="noopener">${t("tokens.docs")}</a>
      </p>
      <${Problem} text=${error} />
      <button class="primary">${t("tokens.create")}</button>
    </form>
  `;
}
