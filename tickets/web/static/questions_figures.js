// Small charts and tables of the report.
import { html } from "./lib.js";
import { named, t } from "./i18n.js";
import { day, share } from "./questions_format.js";

const HEIGHT = 40;

/** Bars of one row; what each is stands in its title, what all are in the label. */
export function Bars({ counts, spans, label }) {
  const most = Math.max(1, ...counts);
  const width = 100 / counts.length;
  return html`
    <svg class="bars" viewBox="0 0 100 ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label=${label}>
      <line x1="0" x2="100" y1=${HEIGHT} y2=${HEIGHT} />
      ${counts.map((n, at) => html`
        <rect
          key=${at}
          aria-hidden="true"
          x=${at * width + width * 0.1}
          width=${width * 0.8}
          y=${HEIGHT - (n / most) * HEIGHT}
          height=${(n / most) * HEIGHT}
        >
          <title>${`${day(spans[at].day)}: ${n}`}</title>
        </rect>
      `)}
    </svg>
  `;
}

/** The share resolved without a person; a span in which nobody asked leaves a gap. */
export function Trend({ spans, byWeek }) {
  const width = 100 / spans.length;
  const name = ({ day: from, resolved, matters }) => {
    const span = t(byWeek ? "questions.week" : "questions.day", { day: day(from) });
    return `${span}: ${share(resolved, matters)} (${resolved}/${matters})`;
  };
  return html`
    <svg
      class="bars share"
      viewBox="0 0 100 ${HEIGHT}"
      preserveAspectRatio="none"
      role="img"
      aria-label=${t(byWeek ? "questions.byweek" : "questions.byday")}
    >
      <line x1="0" x2="100" y1=${HEIGHT} y2=${HEIGHT} />
      ${spans.map((one, at) => one.matters > 0 && html`
        <g key=${one.day}>
          <title>${name(one)}</title>
          <rect class="whole" x=${at * width + width * 0.1} width=${width * 0.8} y="0" height=${HEIGHT} />
          <rect
            x=${at * width + width * 0.1}
            width=${width * 0.8}
            y=${HEIGHT * (1 - one.resolved / one.matters)}
            height=${HEIGHT * (one.resolved / one.matters)}
          />
        </g>
      `)}
    </svg>
    <p class="ends"><span>${day(spans[0].day)}</span><span>${day(spans.at(-1).day)}</span></p>
  `;
}

const Table = ({ title, rows, none }) => html`
  <div class="card">
    <h3>${title}</h3>
    ${rows.length
      ? html`
        <table>
          <thead>
            <tr>
              <th>${t("questions.article")}</th>
              <th>${t("outcome.answered")}</th>
              <th>${t("outcome.rejected")}</th>
            </tr>
          </thead>
          <tbody>
            ${rows.map((one) => html`
              <tr key=${one.slug}>
                <td dir="auto">${one.title}</td>
                <td>${one.answered}</td>
                <td>${one.rejected}</td>
              </tr>
            `)}
          </tbody>
        </table>
      `
   
      : html`<p class="muted">${none}</p>`}
  </div>
`;

export const Articles = ({ report }) => html`
  <${Table} title=${t("questions.used")} rows=${report.used} none=${t("questions.used.none")} />
  <${Table} title=${t("questions.rejected")} rows=${report.rejected} none=${t("questions.rejected.none")} />
  ${report.overdue.length > 0 && html`
    <div class="card">
      <h3>${t("questions.overdue")}</h3>
      <ul class="rows">
        ${report.overdue.map((one) => html`
          <li key=${one.language + one.slug}>
            <span class="about" dir="auto">${one.title}</span>
            <small>${named("language", one.language)} · ${day(one.review_by)}</small>
          </li>
        `)}
      </ul>
    </div>
  `}
`;
