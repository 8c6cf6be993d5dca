// What this browser remembers; private windows may refuse storage, and then the desk works without memory.
export const remember = (key, value) => {
  try {
    if (value === null || value === "") localStorage.removeItem(`faden.${key}`);
    else localStorage.setItem(`faden.${key}`, value);
  } catch { /* nothing to keep it in */ }
};

/** Forgets all that is kept under keys that begin so. */
export const forget = (start) => {
  try {
    for (const key of Object.keys(localStorage)) if (key.startsWith(`faden.${start}`)) localStorage.removeItem(key);
  } catch { /* nothing was kept */ }
};

export const recall = (key) => {
  try {
    return localStorage.getItem(`faden.${key}`);
  } catch {
    return null;
  }
};
