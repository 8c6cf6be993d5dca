import { signal } from "./lib.js";
import { language, t } from "./i18n.js";

// Ages and dates that come nearer are told anew while nothing else happens.
const now = signal(Date.now());
setInterval(() => (now.value = Date.now()), 20_000);
const current = () => Math.max(now.value, Date.now());

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

export const clock = (at) => new Intl.DateTimeFormat(language.value, { timeStyle: "short" }).format(new Date(at));

export const exact = (at) =>
  new Intl.DateTimeFormat(language.value, { dateStyle: "full", timeStyle: "medium" }).format(new Date(at));

export const weekday = (at) =>
  new Intl.DateTimeFormat(language.value, { weekday: "long", hour: "numeric", minute: "2-digit" }).format(new Date(at));

/** A moment to come: by the clock today, with its weekday later. */
export const when = (at) => (dayKey(at) === dayKey(Date.now()) ? `${t("today.in")}, ${clock(at)}` : weekday(at));

const unitOf = (span) => (span < HOUR ? ["minute", MINUTE] : span < DAY ? ["hour", HOUR] : ["day", DAY]);

export function ago(at) {
  const span = new Date(at) - current();
  if (Math.abs(span) < MINUTE) return t("now");
  const [unit, size] = unitOf(Math.abs(span));
  return new Intl.RelativeTimeFormat(language.value, { numeric: "auto", style: "short" }).format(
    Math.trunc(span / size),
    unit,
  );
}

/** Time until a ticket is due: {level, short, long} or null without a clock. */
export function due(at) {
  if (!at) return null;
  const span = new Date(at) - current();
  const [unit, size] = unitOf(Math.abs(span));
  const number = (unitDisplay) =>
    new Intl.NumberFormat(language.value, { style: "unit", unit, unitDisplay }).format(
      Math.max(1, Math.floor(Math.abs(span) / size)),
    );
  const level = span < 0 ? "danger" : span < 10 * MINUTE ? "warning" : "good";
  return {
    level,
    short: (span < 0 ? "−" : "") + number("narrow"),
    long: t(span < 0 ? "time.over" : "time.left", { time: number("long") }),
  };
}

export const dayKey = (at) => new Date(at).toDateString();

export function dayName(at) {
  if (dayKey(at) === dayKey(Date.now())) return t("today");
  if (dayKey(at) === dayKey(Date.now() - DAY)) return t("yesterday");
  return new Intl.DateTimeFormat(language.value, { dateStyle: "full" }).format(new Date(at));
}

export function bytes(size) {
  const [unit, by] = size < 1e6 ? ["kilobyte", 1e3] : ["megabyte", 1e6];
  return new Intl.NumberFormat(language.value, {
    style: "unit",
    unit,
    unitDisplay: "short",
    maximumFractionDigits: 1,
  }).format(Math.max(0.1, size / by));
}

export const percent = (score) => Math.round((score ?? 0) * 100);
