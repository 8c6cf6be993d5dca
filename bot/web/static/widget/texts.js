/* `TEXTS` comes from the catalogues and is put before this file by the server. */
function createTexts(language) {
  const catalogue = TEXTS[language];
  const plural = new Intl.PluralRules(language);
  const clock = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit" });
  const moment = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "short" });

  const fill = (template, values) => template.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
  return {
    language,
    has: (key) => key in catalogue,
    say: (key, values = {}) => fill(catalogue[key] ?? key, values),
    count: (key, number, values = {}) => fill(catalogue[`${key}_${plural.select(number)}`], { number, ...values }),
    size: (bytes) => (bytes ? byteSize(bytes, language) : ""),
    time: (at) => clock.format(new Date(at)),
    exactTime: (at) => moment.format(new Date(at)),
  };
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
