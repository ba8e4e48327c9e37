// Large confusion matrices: show the values of the cell under the pointer, or selected with the arrow keys.

const STEPS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

function setUpConfusion() {
  const readout = byId("confusion-readout");
  if (!readout) return;
  const box = document.querySelector("#figure-confusion > .scroll");
  const picture = box.querySelector("svg");
  const table = byId("table-confusion");
  const [size, left, top] = ["cell", "left", "top"].map((name) => Number(readout.dataset[name]));
  const classes = table.tBodies[0].rows.length;
  const frame = svgElement("rect", { class: "chosen", width: size, height: size, visibility: "hidden" });
  picture.append(frame);
  let chosen = [0, 0];

  function read(row, column) {
    if (row < 0 || column < 0 || row >= classes || column >= classes) return;
    chosen = [row, column];
    const cells = [...table.tBodies[0].rows[row].cells];
    const counts = cells.slice(1).map((cell) => Number(cell.dataset.value ?? cell.textContent));
    const sum = counts.reduce((one, other) => one + other, 0);
    const values = { label: cells[0].textContent.trim(), prediction: table.tHead.rows[0].cells[column + 1].textContent };
    const share = (sum ? (100 * counts[column]) / sum : 0).toFixed(1) + " %";
    readout.textContent = words("cell", { ...values, count: counts[column].toLocaleString("en"), share });
    frame.setAttribute("x", left + column * size - 0.5);
    frame.setAttribute("y", top + row * size - 0.5);
    frame.setAttribute("visibility", "visible");
  }

  picture.addEventListener("pointermove", (event) => {
    const area = picture.getBoundingClientRect();
    const scale = picture.viewBox.baseVal.width / area.width;
    const place = (start, offset) => Math.floor((start * scale - offset) / size);
    read(place(event.clientY - area.top, top), place(event.clientX - area.left, left));
  });
  box.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const isFirst = frame.getAttribute("visibility") === "hidden";
    read(chosen[0] + (isFirst ? 0 : step[0]), chosen[1] + (isFirst ? 0 : step[1]));
    frame.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
}
