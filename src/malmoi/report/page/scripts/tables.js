// Sortable tables: a click on a column name sorts, first ascending for text and descending for numbers.

function sortValue(row, column) {
  const cell = row.cells[column];
  const text = cell.dataset.value ?? exactText(cell);
  const number = Number(text);
  return text !== "" && !Number.isNaN(number) ? number : text;
}

function compare(first, second) {
  const numbers = [first, second].filter((value) => typeof value === "number").length;
  if (numbers === 2) return first - second;
  if (numbers === 0) return first.localeCompare(second);
  return typeof first === "number" ? 1 : -1;
}

function sortBy(table, column) {
  const heads = table.tHead.rows[0].cells;
  const isNumber = heads[column].classList.contains("n");
  const before = heads[column].getAttribute("aria-sort");
  const isUpwards = before === "none" ? !isNumber : before === "descending";
  const rows = [...table.tBodies[0].rows].map((row) => [sortValue(row, column), row]);
  rows.sort(([first], [second]) => (isUpwards ? compare(first, second) : compare(second, first)));
  table.tBodies[0].append(...rows.map(([, row]) => row));
  for (const head of heads) head.setAttribute("aria-sort", "none");
  heads[column].setAttribute("aria-sort", isUpwards ? "ascending" : "descending");
}

function setUpTables() {
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = element("button", "", ...head.childNodes);
      button.type = "button";
      button.addEventListener("click", () => sortBy(table, column));
      head.append(button);
      head.setAttribute("aria-sort", "none");
    });
  }
}
