import { html, useState } from "./lib.js";
import { logIn } from "./desk.js";
import { t } from "./i18n.js";
import { Settings } from "./settings.js";

const explain = (error) => {
  if (error.status === 401) return "login.wrong";
  return error.status === 429 ? "login.throttled" : "error.action";
};

export function LogIn() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState(null);
  const submit = async (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    setBusy(true);
    setError(null);
    await logIn(form.get("email"), form.get("password")).catch((problem) => {
      setError(problem);
      setBusy(false);
    });
  };
  return html`
    <main class="login">
      <form onSubmit=${submit}>
        <p class="brand">Faden</p>
        <h1>${t("login.heading")}</h1>
        <label>
          ${t("login.email")}
          <input name="email" type="email" autocomplete="username" required autofocus />
        </label>
        <label>
          ${t("login.password")}
          <input name="password" type="password" autocomplete="current-password" required />
        </label>
        <p class="problem" role="alert">
          ${error && t(explain(error), { detail: error.detail || t("error.network") })}
        </p>
        <button class="primary" disabled=${busy}>${t(busy ? "login.busy" : "login.submit")}</button>
        <${Settings} />
      </form>
    </main>
  `;
}
