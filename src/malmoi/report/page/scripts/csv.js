// Download of tables as CSV, quoted by RFC 4180; cells that a spreadsheet would run as formulas are escaped.

// The same rule as FORMULA and NUMBER of malmoi.cli.cells.
const FORMULA =
  /^[\t\r\n]|^[\0- \x7f-\xa0\xad\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]*[=+\-@\ufe62\ufe63\ufe66\ufe6b\uff0b\uff0d\uff1d\uff20]/;
const NUMBER = /^[-+]?(\d+([.,]\d*)?|[.,]\d+)(e[-+]?\d+)?$/i;

function csvCell(value) {
  const safe = FORMULA.test(value) && !NUMBER.test(value) ? "'" + value : value;
  return /[",\r\n]/.test(safe) ? '"' + safe.replaceAll('"', '""') + '"' : safe;
}

function csvText(rows) {
  return rows.map((row) => row.map(csvCell).join(",") + "\r\n").join("");
}

function download(name, rows) {
  // The byte order mark makes spreadsheets read UTF-8.
  const url = URL.createObjectURL(new Blob(["\ufeff" + csvText(rows)], { type: "text/csv;charset=utf-8" }));
  const link = element("a");
  link.href = url;
  link.download = name + ".csv";
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

function tableRows(table) {
  return [...table.rows].map((row) => [...row.cells].map((cell) => cell.dataset.value ?? exactText(cell)));
}

function setUpDownloads() {
  for (const button of document.querySelectorAll("button.csv")) {
    const table = byId(button.dataset.table);
    button.addEventListener("click", () => download(table.dataset.name, tableRows(table)));
  }
}
