// The mistakes, with filters and pages. A text is a string, or a list of parts: alternating plain text and names of
// invisible characters. The runs of a text are in order; a number before a run is its shade.

function partsOf(text) {
  return typeof text === "string" ? [text] : text;
}

function toldParts(text) {
  return partsOf(text).map((part, place) => (place % 2 ? element("span", "unseen", part) : part));
}

function plainText(text) {
  return partsOf(text).map((part, place) => (place % 2 ? `[${part}]` : part)).join("");
}

function isolated(text) {
  const made = element("bdi", "", ...toldParts(text));
  made.dir = "auto";
  return made;
}

function mistakeBody(runs) {
  const body = element("p", "body");
  body.dir = "auto";
  let shade = 0;
  for (const run of runs) {
    if (typeof run === "number") {
      shade = run;
      continue;
    }
    if (shade) body.append(element("span", `shaded ${shade > 0 ? "p" : "n"}${Math.abs(shade)}`, ...toldParts(run)));
    else body.append(...toldParts(run));
    shade = 0;
  }
  return body;
}

function mistakeItem([place, label, prediction, confidence, runs, isCut], terms) {
  const term = (name) => element("span", "term", terms[name]);
  const labels = element("span", "labels", term("true"), " ", isolated(label), " ", term("predicted"), " ", isolated(prediction));
  const where = element("span", "place", isolated(place));
  const head = element("p", "head", labels, " ", element("span", "confidence", confidence), " ", where);
  const body = mistakeBody(runs);
  if (isCut) body.append(" ", element("span", "term", `(${terms.cut})`));
  return element("li", "", head, body);
}

function setUpMistakes() {
  const list = byId("mistake-list");
  if (!list) return;
  const [search, label, prediction] = ["search", "label", "prediction"].map((name) => byId("mistake-" + name));
  const [previous, next] = [byId("mistake-previous"), byId("mistake-next")];
  const texts = DATA.mistakes.map(([, , , , runs]) =>
    runs.filter((run) => typeof run !== "number").map(plainText).join("").toLowerCase(),
  );
  let page = 0;
  let matching = DATA.mistakes;

  function filter() {
    const wanted = search.value.toLowerCase();
    matching = DATA.mistakes.filter(
      (row, place) =>
        texts[place].includes(wanted) &&
        (!label.value || plainText(row[1]) === label.value) &&
        (!prediction.value || plainText(row[2]) === prediction.value),
    );
    page = 0;
    show();
  }

  function show(size = DATA.pageSize) {
    const pages = Math.max(1, Math.ceil(matching.length / size));
    const start = page * size;
    const rows = matching.slice(start, start + size);
    list.replaceChildren(...rows.map((row) => mistakeItem(row, DATA.words)));
    const values = { shown: `${start + 1}–${start + rows.length}`, total: matching.length, page: page + 1, pages };
    byId("mistake-status").textContent = rows.length ? words("page", values) : words("none");
    previous.disabled = page === 0;
    next.disabled = page >= pages - 1;
  }

  function turn(step, button, other) {
    page += step;
    show();
    if (button.disabled) other.focus();
  }

  byId("mistake-filter").addEventListener("submit", (event) => event.preventDefault());
  for (const control of [search, label, prediction]) control.addEventListener("input", filter);
  previous.addEventListener("click", () => turn(-1, previous, next));
  next.addEventListener("click", () => turn(1, next, previous));
  let before = 0;
  addEventListener("beforeprint", () => {
    before = page;
    page = 0;
    show(matching.length || 1);
  });
  addEventListener("afterprint", () => {
    page = before;
    show();
  });
  show();
}
