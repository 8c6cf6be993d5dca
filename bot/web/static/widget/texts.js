/* `TEXTS` comes from the catalogues and is put before this file by the server. */
function createTexts(language) {
  const catalogue = TEXTS[language];
  const plural = new Intl.PluralRules(language);
  const minute = { hour: "numeric", minute: "2-digit" };
  const clock = new Intl.DateTimeFormat(language, minute);
  const day = new Intl.DateTimeFormat(language, { weekday: "short", day: "numeric", month: "short", ...minute });
  const moment = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });

  const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => isolated(values[name] ?? ""));
  return {
    language,
    has: (key) => key in catalogue,
    say: (key, values = {}) => fill(catalogue[key] ?? key, values),
    count: (key, number, values = {}) => fill(catalogue[`${key}_${plural.select(number)}`], { number, ...values }),
    size: (bytes) => (bytes ? byteSize(bytes, language) : ""),
    /* By the clock today, with the day before that: who comes back tomorrow reads when it was said. */
    time: (at) => (isToday(at) ? clock : day).format(new Date(at)),
    exactTime: (at) => moment.format(new Date(at)),
  };
}

function isToday(at) {
  return new Date(at).toDateString() === new Date().toDateString();
}

/* Letters that run from right to left, and signs that turn what follows. */
const TURNING = /[\u0590-\u08ff\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufeff]/;

/* A name that runs from right to left must not carry off the words and marks beside it. */
function isolated(value) {
  return TURNING.test(value) ? `\u2068${value}\u2069` : value;
}

function byteSize(bytes, language) {
  const [value, unit] = bytes < 1e6 ? [Math.max(1, Math.round(bytes / 1e3)), "kilobyte"] : [bytes / 1e6, "megabyte"];
  return new Intl.NumberFormat(language, { style: "unit", unit, maximumFractionDigits: 1 }).format(value);
}

function chosenLanguage(wish) {
  const wishes = [wish, document.documentElement.lang, ...(navigator.languages || [])];
  const known = wishes.map((tag) => String(tag || "").slice(0, 2).toLowerCase()).find((tag) => tag in TEXTS);
  return known || "en";
}
