// What customers asked that had no good answer, and what may become an article.
import { html, useEffect, useState } from "./lib.js";
import { api } from "./api.js";
import { say, show } from "./desk.js";
import { language, named, plural, t } from "./i18n.js";
import { share } from "./questions_format.js";
import { Empty, Failure, Icon, Problem, Skeleton, problemOf } from "./parts.js";
import { Articles, Trend, Bars } from "./questions_figures.js";
import { DraftEditor, DraftList } from "./questions_draft.js";
import { goTo } from "./pages.js";

const DAYS = [7, 30, 90, 365];
const LANGUAGES = ["", "de", "en"];

const Pick = ({ label, value, options, name, pick }) => html`
  <label>
    ${label}
    <select value=${value} onChange=${(event) => pick(event.target.value)}>
      ${options.map((one) => html`
        <option key=${one} value=${one} selected=${String(one) === String(value)}>${name(one)}</option>
      `)}
    </select>
  </label>
`;

const toTicket = (ref) => { goTo(null); show(ref); };

const Reply = ({ one }) => html`
  <li><p dir="auto">${one.text}</p><button class="link" onClick=${() => toTicket(one.ref)}>${one.ref}</button></li>
`;

const Counts = ({ one }) => html`
  <p class="counts">
    <b>${plural("questions.customers", one.customers)}</b>
    <span>${plural("questions.asked", one.questions.length)}</span>
    ${Object.entries(one.languages).map(([language, n]) => html`
      <span key=${language}>${named("language", language)} ${n}</span>
    `)}
    ${Object.entries(one.outcomes).map(([outcome, n]) => html`
      <span class="badge" key=${outcome}>${named("outcome", outcome)} ${n}</span>
    `)}
  </p>
`;

function Cluster({ one, spans, open, make }) {
  const asked = one.titles[language.value] ? language.value : one.language;
  const wanted = asked === "de" ? ["de", "en"] : ["en", "de"];
  return html`
    <li class="card cluster">
      <h3 dir="auto" lang=${asked}>${one.titles[asked]}</h3>
      <${Counts} one=${one} />
      <${Bars} counts=${one.trend} spans=${spans} label=${t("questions.trend.label", { n: one.questions.length })} />
      ${(one.examples.length > 0 || one.replies.length > 0) && html`
        <details>
          <summary>${t("questions.details")}</summary>
          ${one.examples.length > 0 && html`
            <h4>${t("questions.examples")}</h4>
            <ul class="quotes">
              ${one.examples.map((said) => html`
                <li key=${said.text} dir="auto" lang=${said.language}>${said.text}</li>
              `)}
            </ul>
          `}
          ${one.replies.length > 0 && html`
            <h4>${t("questions.replies")}</h4>
            <ul class="quotes">
              ${one.replies.map((reply) => html`<${Reply} key=${reply.ref + reply.text} one=${reply} />`)}
            </ul>
          `}
        </details>
      `}
      <div class="row" role="group" aria-label=${one.titles[asked]}>
        ${wanted.map((to, at) => html`
          <button
            key=${to}
            class=${at ? "" : "primary"}
            onClick=${() => (one.drafts[to] ? open(one.drafts[to]) : make(one, to))}
          >
            ${t(`questions.${one.drafts[to] ? "continue" : "make"}.${to}`)}
          </button>
        `)}
      </div>
    </li>
  `;
}

function Report({ report, open, make }) {
  const { resolved, matters } = report;
  if (!report.asked) return html`<${Empty} icon="chat">${t("questions.none")}<//>`;
  return html`
    <div class="card">
      <h3>${t("questions.resolved")}</h3>
      <p class="figure">
        <b>${share(resolved, matters)}</b> <span>${t("questions.matters", { n: resolved, all: matters })}</span>
      </p>
      <${Trend} spans=${report.trend} byWeek=${report.by_week} />
    </div>
    <h3>${t("questions.open")}</h3>
    <p class="muted">${t("questions.open.hint")}</p>
    ${report.left_out > 0 && html`<p class="muted">${t("questions.left", { n: report.left_out })}</p>`}
    ${!report.clusters.length && html`<${Empty}>${t("questions.allanswered")}<//>`}
    <ul class="clusters">
      ${report.clusters.map((one) => html`
        <${Cluster} key=${one.questions[0]} one=${one} spans=${report.trend} open=${open} make=${make} />
      `)}
    </ul>
    ${report.more_clusters > 0 && html`<p class="muted">${t("questions.more", { n: report.more_clusters })}</p>`}
    <${Articles} report=${report} />
  `;
}

export function Questions() {
  const [days, setDays] = useState(30);
  const [only, setOnly] = useState("");
  const [found, setFound] = useState({ state: "loading" });
  const [draft, setDraft] = useState(null);
  const [problem, setProblem] = useState(null);
  const [turn, again] = useState(0);
  useEffect(() => {
    let wanted = true;
    setFound({ state: "loading" });
    api.questions({ days, ...(only && { language: only }) }).then(
      (report) => wanted && setFound({ state: "full", report }),
      () => wanted && setFound({ state: "error" }),
    );
    return () => { wanted = false; };
  }, [days, only, turn]);
  const attempt = (ask) => { setProblem(null); ask().then(setDraft, (error) => setProblem(problemOf(error))); };
  const open = (id) => attempt(() => api.draft(id));
  const make = (one, to) => attempt(() => api.makeDraft({ questions: one.questions, language: to }));
  const close = (text) => {
    setDraft(null);
    again(turn + 1);
    document.querySelector(".page h2")?.focus();
    if (text) say(text);
  };
  if (draft) return html`<${DraftEditor} key=${draft.id} draft=${draft} close=${close} />`;
  return html`
    <div class="row picks">
      <${Pick}
        label=${t("questions.span")}
        value=${days}
        options=${DAYS}
        name=${(n) => t("questions.days", { n })}
        pick=${(n) => setDays(Number(n))}
      />
      <${Pick}
        label=${t("questions.language")}
        value=${only}
        options=${LANGUAGES}
        name=${(one) => (one ? named("language", one) : t("questions.both"))}
        pick=${setOnly}
      />
      <button class="quiet" onClick=${() => again(turn + 1)}><${Icon} name="retry" />${t("questions.reload")}</button>
    </div>
    <${Problem} text=${problem} />
    <${DraftList} open=${open} turn=${turn} />
    ${found.state === "loading" && html`
      <p class="muted" role="status">${t("questions.comparing")}</p>
      <${Skeleton} lines=${6} />
    `}
    ${found.state === "error" && html`<${Failure} retry=${() => again(turn + 1)} />`}
    ${found.state === "full" && html`<${Report} report=${found.report} open=${open} make=${make} />`}
  `;
}
