// The slider of the threshold curve shows the scores at a threshold.

function setUpThresholds() {
  const slider = byId("threshold");
  if (!slider) return;
  const table = byId("table-thresholds");
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
  const cursors = ["wide", "narrow"].map((kind) => {
    const picture = document.querySelector(`#figure-thresholds .${kind} svg`);
    const bottom = picture.querySelector(".axis").getAttribute("y1");
    const line = svgElement("line", { class: "cursor", y1: 22, y2: bottom });
    picture.append(line);
    return { line, places: slider.dataset[kind].split(" ") };
  });

  function show() {
    const cells = [...table.tBodies[0].rows[Number(slider.value)].cells].map((cell) => cell.textContent.trim());
    byId("threshold-values").textContent = heads.map((head, place) => `${head} ${cells[place]}`).join(" · ");
    slider.setAttribute("aria-valuetext", cells[0]);
    for (const { line, places } of cursors) {
      line.setAttribute("x1", places[Number(slider.value)]);
      line.setAttribute("x2", places[Number(slider.value)]);
    }
  }

  slider.addEventListener("input", show);
  show();
}
