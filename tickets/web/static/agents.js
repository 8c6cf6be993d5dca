// Who works at the desk: made, disabled and given a new password by an admin.
import { html, useState } from "./lib.js";
import { api } from "./api.js";
import { agent, loadAgents } from "./desk.js";
import { t } from "./i18n.js";
import { Failure, Once, Problem, Skeleton, Sure, problemOf, useList } from "./parts.js";

function Make({ made }) {
  const [error, setError] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    const form = event.target;
    setError(null);
    try {
      const one = await api.createAgent(Object.fromEntries(new FormData(form)));
      form.reset();
      made(one.name, one.password);
    } catch (problem) {
      setError(problemOf(problem));
    }
  };
  return html`
    <form class="card fields" onSubmit=${submit}>
      <h3>${t("agents.new")}</h3>
      <label>${t("agents.name")}<input name="name" required maxlength="200" dir="auto" autocomplete="off" /></label>
      <label>${t("login.email")}<input name="email" type="email" required autocomplete="off" /></label>
      <label>
        ${t("agents.role")}
        <select name="role">
          <option value="agent">${t("role.agent")}</option>
          <option value="admin">${t("role.admin")}</option>
        </select>
      </label>
      <${Problem} text=${error} />
      <button class="primary">${t("agents.create")}</button>
    </form>
  `;
}

const Row = ({ one, change, reset }) => html`
  <li class=${one.disabled ? "off" : ""}>
    <div class="about">
      <b dir="auto">${one.name}</b>
      <small>${one.email} · ${t(`role.${one.role}`)}${one.disabled ? ` · ${t("agents.disabled")}` : ""}</small>
    </div>
    ${one.id !== agent.value.id && html`
      <div class="does" role="group" aria-label=${one.name}>
        <button onClick=${() => change(one, { role: one.role === "admin" ? "agent" : "admin" })}>
          ${t(one.role === "admin" ? "agents.demote" : "agents.promote")}
        </button>
        <${Sure} label=${t("agents.reset")} run=${() => reset(one)} />
        <button onClick=${() => change(one, { disabled: !one.disabled })}>
          ${t(one.disabled ? "agents.enable" : "agents.disable")}
        </button>
      </div>
    `}
  </li>
`;

export function Agents() {
  const [list, reload] = useList(api.agents);
  const [secret, setSecret] = useState(null);
  const [error, setError] = useState(null);
  const attempt = async (what) => {
    setError(null);
    try {
      await what();
      loadAgents();
    } catch (problem) {
      setError(problemOf(problem));
    }
    reload();
  };
  const reset = (one) =>
    attempt(async () => setSecret({ name: one.name, password: (await api.resetPassword(one.id)).password }));
  const change = (one, changes) => attempt(() => api.changeAgent(one.id, changes));
  const made = (name, password) => { setSecret({ name, password }); attempt(async () => {}); };
  return html`
    ${secret && html`
      <${Once}
        title=${t("agents.password", { name: secret.name })}
        text=${secret.password}
        close=${() => setSecret(null)}
      />
    `}
    <${Problem} text=${error} />
    <div class="card">
      ${list.state === "loading" && html`<${Skeleton} lines=${3} />`}
      ${list.state === "error" && html`<${Failure} retry=${reload} />`}
      ${list.state === "full" && html`
        <ul class="rows">
          ${list.items.map((one) => html`<${Row} key=${one.id} one=${one} change=${change} reset=${reset} />`)}
        </ul>
      `}
    </div>
    <${Make} made=${made} />
  `;
}
