import { language } from "./i18n.js";

export const share = (part, whole) =>
  whole
    ? new Intl.NumberFormat(language.value, { style: "percent", maximumFractionDigits: 0 }).format(part / whole)
    : "–";

export const day = (at) =>
  new Intl.DateTimeFormat(language.value, { dateStyle: "medium", timeZone: "UTC" }).format(new Date(at));
