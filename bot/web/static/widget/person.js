/* Whose the things are that this browser keeps. Who signs in takes along what they wrote before; who signs out leaves
   nothing to see for whoever comes next. */

/* The account that the host site signed, whichever token it comes with; nobody by name without one. */
function personOf(identity) {
  if (!identity) return "";
  try {
    return String(JSON.parse(atob(identity.split(".")[1].replace(/-/g, "+").replace(/_/g, "/"))).sub);
  } catch {
    return identity;
  }
}

/* What was read and begun goes with the person; what they have sent off waits for them in the thread's outbox. */
function handOver(store, person) {
  const last = store.read("person");
  if (last && last !== person) for (const key of ["log", "draft", "files"]) store.remove(key);
  store.write("person", person);
}
