// Suspected labels: keys and buttons accept or reject the suggestion of the selected label; export as CSV.

const KEYS = { j: "next", ArrowDown: "next", k: "previous", ArrowUp: "previous", a: "accept", r: "reject", u: "undo" };

function setUpSuspects() {
  const list = byId("suspects-list");
  if (!list) return;
  const items = [...list.children];
  for (const item of items) item.querySelector(".head").append(element("span", "decision"));
  const decisions = readDecisions(list.dataset.key, items.length);
  let current = 0;
  const undone = [];

  function show() {
    items.forEach((item, place) => {
      const decision = decisions[place] || "";
      item.dataset.decision = decision;
      item.querySelector(".decision").textContent = decision ? words(decision) : "";
      item.tabIndex = place === current ? 0 : -1;
      if (place === current) item.setAttribute("aria-current", "true");
      else item.removeAttribute("aria-current");
    });
    const place = exactText(items[current].querySelector(".place"));
    const done = decisions.filter(Boolean).length;
    const decision = words(decisions[current] || "undecided");
    const status = [words("decided", { done, total: items.length }), words("selected", { place, decision })];
    byId("suspect-status").textContent = status.join(". ");
  }

  function select(place, isFocused) {
    current = Math.min(Math.max(place, 0), items.length - 1);
    show();
    if (isFocused) items[current].focus();
  }

  function decide(decision, isFocused) {
    undone.push([current, decisions[current]]);
    decisions[current] = decision;
    remember(list.dataset.key, JSON.stringify(decisions));
    select(current + 1, isFocused);
  }

  function undo(isFocused) {
    const [place, decision] = undone.pop() ?? [current, ""];
    decisions[place] = decision;
    remember(list.dataset.key, JSON.stringify(decisions));
    select(place, isFocused);
  }

  const actions = {
    next: (isFocused) => select(current + 1, isFocused),
    previous: (isFocused) => select(current - 1, isFocused),
    accept: (isFocused) => decide("accepted", isFocused),
    reject: (isFocused) => decide("rejected", isFocused),
    undo,
    export: () => download("decisions", [decisionHeads(), ...items.map((item, place) => decisionRow(item, decisions[place]))]),
  };
  list.addEventListener("keydown", (event) => {
    if (!KEYS[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    actions[KEYS[event.key]](true);
  });
  list.addEventListener("focusin", (event) => {
    const place = items.indexOf(event.target);
    if (place >= 0 && place !== current) select(place, false);
  });
  list.addEventListener("click", (event) => {
    const place = items.indexOf(event.target.closest("li"));
    if (place >= 0 && place !== current) select(place, true);
  });
  for (const button of document.querySelectorAll(".decide [data-do]")) {
    button.addEventListener("click", () => actions[button.dataset.do](false));
  }
  show();
}

function readDecisions(key, length) {
  let found = null;
  try {
    found = JSON.parse(remembered(key));
  } catch {
    // The stored value is invalid.
  }
  const stored = Array.isArray(found) ? found : [];
  return Array.from({ length }, (_, place) => (["accepted", "rejected"].includes(stored[place]) ? stored[place] : ""));
}

function decisionHeads() {
  return ["place", "text", "label", "suggestion", "decision"];
}

function decisionRow(item, decision) {
  const parts = [".place", ".body", ".label", ".suggestion"].map((part) => exactText(item.querySelector(part)));
  return [...parts, decision];
}
