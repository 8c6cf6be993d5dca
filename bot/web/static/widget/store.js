/* What survives a reload. The log and its cursor are one value, so that they can never disagree; every message that
   is not yet accepted has a key of its own, so that two tabs cannot overwrite each other's. */
function createStore(scope) {
  const prefix = `faden:${scope}:`;
  const storage = usableStorage();

  return {
    read(key) {
      try {
        return JSON.parse(storage.getItem(prefix + key));
      } catch {
        return null;
      }
    },
    write(key, value) {
      try {
        storage.setItem(prefix + key, JSON.stringify(value));
      } catch {
        /* Full or forbidden: the page works on, only the reload forgets. */
      }
    },
    remove(key) {
      storage.removeItem(prefix + key);
    },
    keys(start) {
      return storage.keys().filter((key) => key.startsWith(prefix + start)).map((key) => key.slice(prefix.length));
    },
  };
}

/* Browsers throw on the mere mention of localStorage when a page may not have it. */
function usableStorage() {
  try {
    localStorage.setItem("faden:probe", "1");
    localStorage.removeItem("faden:probe");
    return {
      getItem: (key) => localStorage.getItem(key),
      setItem: (key, value) => localStorage.setItem(key, value),
      removeItem: (key) => localStorage.removeItem(key),
      keys: () => Object.keys(localStorage),
    };
  } catch {
    const memory = new Map();
    return {
      getItem: (key) => memory.get(key) ?? null,
      setItem: (key, value) => memory.set(key, value),
      removeItem: (key) => memory.delete(key),
      keys: () => [...memory.keys()],
    };
  }
}
