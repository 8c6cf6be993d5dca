import { language, t } from "./i18n.js";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

export const clock = (at) => new Intl.DateTimeFormat(language.value, { timeStyle: "short" }).format(new Date(at));

export const exact = (at) =>
  new Intl.DateTimeFormat(language.value, { dateStyle: "full", timeStyle: "medium" }).format(new Date(at));

export const weekday = (at) =>
  new Intl.DateTimeFormat(language.value, { weekday: "long", hour: "numeric", minute: "2-digit" }).format(new Date(at));

const unitOf = (span) => (span < HOUR ? ["minute", MINUTE] : span < DAY ? ["hour", HOUR] : ["day", DAY]);

export function ago(at, now = Date.now()) {
  const span = new Date(at) - now;
  const [unit, size] = unitOf(Math.abs(span));
  return new Intl.RelativeTimeFormat(language.value, { numeric: "auto", style: "narrow" }).format(Math.trunc(span / size), unit);
}

/** Time until a ticket is due: {level, short, long} or null without a clock. */
export function due(at, now = Date.now()) {
  if (!at) return null;
  const span = new Date(at) - now;
  const [unit, size] = unitOf(Math.abs(span));
  const number = (unitDisplay) => new Intl.NumberFormat(language.value, { style: "unit", unit, unitDisplay }).format(Math.floor(Math.abs(span) / size));
  const level = span < 0 ? "danger" : span < 10 * MINUTE ? "warning" : "good";
  return { level, short: (span < 0 ? "−" : "") + number("narrow"), long: t(span < 0 ? "time.over" : "time.left", { time: number("long") }) };
}

export const dayKey = (at) => new Date(at).toDateString();

export function dayName(at) {
  if (dayKey(at) === dayKey(Date.now())) return t("today");
  if (dayKey(at) === dayKey(Date.now() - DAY)) return t("yesterday");
  return new Intl.DateTimeFormat(language.value, { dateStyle: "full" }).format(new Date(at));
}

export const percent = (score) => Math.round((score ?? 0) * 100);
