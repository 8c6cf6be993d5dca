// What belongs to the agent: password, notifications, and on a phone what the top bar has no room for.
import { html, useState } from "./lib.js";
import { agent, changePassword, logOut, say } from "./desk.js";
import { t } from "./i18n.js";
import { letters, wantLetters } from "./letters.js";
import { possible, want, wanted } from "./notify.js";
import { Problem, problemOf } from "./parts.js";
import { Settings } from "./settings.js";

function Password() {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    setBusy(true);
    setError(null);
    try {
      await changePassword(form.get("old"), form.get("new"));
      event.target.reset();
      say(t("did.password"));
    } catch (problem) {
      setError(problemOf(problem));
    }
    setBusy(false);
  };
  return html`
    <form class="card fields" onSubmit=${submit}>
      <h3>${t("password.heading")}</h3>
      <input
        class="hidden"
        type="text"
        name="email"
        autocomplete="username"
        value=${agent.value.email}
        readonly
        tabindex="-1"
        aria-hidden="true"
      />
      <label>${t("password.old")}<input name="old" type="password" autocomplete="current-password" required /></label>
      <label>
        ${t("password.new")}
        <input
          name="new"
          type="password"
          autocomplete="new-password"
          required
          minlength="10"
          aria-describedby="password-hint"
        />
      </label>
      <small id="password-hint">${t("password.hint")}</small>
      <${Problem} text=${error} />
      <button class="primary" disabled=${busy}>${t("password.change")}</button>
    </form>
  `;
}

function Notifications() {
  const [refused, setRefused] = useState(false);
  if (!possible) return null;
  const change = async ({ target }) => {
    const on = target.checked;
    setRefused(on && !(await want(on)));
    if (!on) want(false);
  };
  return html`
    <div class="card">
      <h3>${t("notify.heading")}</h3>
      <label class="check">
        <input type="checkbox" checked=${wanted.value} onChange=${change} />
        ${t("notify.label")}
      </label>
      <p class="muted">${t("notify.hint")}</p>
      ${refused && html`<${Problem} text=${t("notify.refused")} />`}
    </div>
  `;
}

const Keys = () => html`
  <div class="card">
    <h3>${t("help.label")}</h3>
    <label class="check">
      <input type="checkbox" checked=${letters.value} onChange=${({ target }) => wantLetters(target.checked)} />
      ${t("letters.label")}
    </label>
    <p class="muted">${t("letters.hint")}</p>
  </div>
`;

export const Account = () => html`
  <div class="card">
    <h3 dir="auto">${agent.value.name}</h3>
    <p class="muted">${agent.value.email} · ${t(`role.${agent.value.role}`)}</p>
    <div class="row"><${Settings} /><button onClick=${logOut}>${t("logout")}</button></div>
  </div>
  <${Password} />
  <${Notifications} />
  <${Keys} />
`;
