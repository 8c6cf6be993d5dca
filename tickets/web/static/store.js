// What this browser remembers; private windows may refuse storage, and then the desk works without memory.
export const remember = (key, value) => {
  try {
    if (value === null || value === "") localStorage.removeItem(`faden.${key}`);
    else localStorage.setItem(`faden.${key}`, value);
  } catch { /* nothing to keep it in */ }
};

export const recall = (key) => {
  try {
    return localStorage.getItem(`faden.${key}`);
  } catch {
    return null;
  }
};
