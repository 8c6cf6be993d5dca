// An article on its way: written by questions and replies, finished by an agent.
import { html, useEffect, useRef, useState } from "./lib.js";
import { api } from "./api.js";
import { named, t } from "./i18n.js";
import { Icon, Problem, Sure, Time, problemOf } from "./parts.js";

const lines = (text) => text.split("\n").map((line) => line.trim()).filter(Boolean);

/** Those that are not published yet. */
export function DraftList({ open, turn }) {
  const [drafts, setDrafts] = useState([]);
  useEffect(() => { api.drafts().then((all) => setDrafts(all.filter((one) => !one.published_at)), () => {}); }, [turn]);
  if (!drafts.length) return null;
  return html`
    <div class="card">
      <h3>${t("draft.list")}</h3>
      <ul class="rows">
        ${drafts.map((one) => html`
          <li key=${one.id}>
            <span class="about">
              <b id=${`draft-${one.id}`} dir="auto">${one.title || one.slug}</b>
              <small>${named("language", one.language)} · <${Time} at=${one.updated_at} /></small>
            </span>
            <button aria-describedby=${`draft-${one.id}`} onClick=${() => open(one.id)}>
              ${t("questions.continue")}
            </button>
          </li>
        `)}
      </ul>
    </div>
  `;
}

const Field = ({ name, problems, hint, children }) => html`
  <label>
    ${t(`draft.${name}`)}
    ${children}
    <small>${hint}</small>
    ${problems.includes(name) && html`
      <span class="problem" id=${`problem-${name}`}>${t(`draft.problem.${name}`)}</span>
    `}
  </label>
`;

export function DraftEditor({ draft, close }) {
  const [shown, setShown] = useState(draft);
  const [error, setError] = useState(null);
  const [note, setNote] = useState("");
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const heading = useRef(null);
  useEffect(() => heading.current.focus(), []);
  const problems = tried ? shown.problems : [];
  const wrong = (name) =>
    problems.includes(name) ? { "aria-invalid": "true", "aria-describedby": `problem-${name}` } : {};
  const save = async (form) => {
    const data = new FormData(form);
    const body = { title: data.get("title"), phrasings: lines(data.get("phrasings")), body: data.get("body") };
    return api.changeDraft(draft.id, shown.published_at ? body : { ...body, slug: data.get("slug") });
  };
  const attempt = async (event, publish) => {
    const form = event.target.form ?? event.target;
    setBusy(true); setError(null); setNote("");
    try {
      const saved = await save(form);
      setShown(saved);
      if (!publish) return setNote(t("draft.saved"));
      setTried(true);
      if (saved.problems.length) return setError(t("draft.refused"));
      await api.publishDraft(draft.id);
      close(t("draft.published"));
    } catch (problem) {
      setError(problemOf(problem));
    } finally {
      setBusy(false);
    }
  };
  const publish = (event) => { event.preventDefault(); return attempt(event, true); };
  const discard = () =>
    api.discardDraft(draft.id).then(
      () => close(t("draft.discarded")),
      (problem) => setError(problemOf(problem)),
    );
  return html`
    <form class="card draft" onSubmit=${publish} noValidate>
      <button type="button" class="quiet" onClick=${() => close()}><${Icon} name="back" />${t("draft.back")}</button>
      <h3 ref=${heading} tabindex="-1">${t("draft.heading", { language: named("language", shown.language) })}</h3>
      <p class="muted">${t("draft.hint")}</p>
      <${Field} name="title" problems=${problems} hint=${t("draft.title.hint")}>
        <input name="title" lang=${shown.language} maxlength="150" defaultValue=${shown.title} ...${wrong("title")} />
      <//>
      <${Field} name="phrasings" problems=${problems} hint=${t("draft.phrasings.hint")}>
        <textarea
          name="phrasings"
          lang=${shown.language}
          rows="6"
          defaultValue=${shown.phrasings.join("\n")}
          ...${wrong("phrasings")}
        />
      <//>
      <${Field} name="body" problems=${problems} hint=${t("draft.body.hint")}>
        <textarea name="body" lang=${shown.language} rows="12" defaultValue=${shown.body} ...${wrong("body")} />
      <//>
      <${Field} name="slug" problems=${problems} hint=${t("draft.slug.hint", { language: shown.language })}>
        <input
          name="slug"
          maxlength="60"
          autocapitalize="off"
          spellcheck="false"
          defaultValue=${shown.slug}
          disabled=${Boolean(shown.published_at)}
          ...${wrong("slug")}
        />
      <//>
      <${Problem} text=${error} />
      <p class="muted" role="status">${note}</p>
      <div class="row">
        <button class="primary" disabled=${busy}>${t("draft.publish")}</button>
        <button type="button" disabled=${busy} onClick=${(event) => attempt(event, false)}>${t("draft.save")}</button>
      </div>
    </form>
    ${!shown.published_at && html`<div class="row"><${Sure} label=${t("draft.discard")} run=${discard} /></div>`}
  `;
}
