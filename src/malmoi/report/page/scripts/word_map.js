// The word map: a search highlights the words that contain it and dims the others.

function setUpWordMap() {
  const search = byId("word-search");
  if (!search) return;
  const picture = document.querySelector("#figure-word-map .picture");
  const found = [...picture.querySelectorAll(".word")];
  const names = found.map((word) => word.textContent.toLowerCase());
  byId("word-filter").addEventListener("submit", (event) => event.preventDefault());
  search.addEventListener("input", () => {
    const wanted = search.value.trim().toLowerCase();
    let hits = 0;
    found.forEach((word, place) => {
      const isHit = wanted !== "" && names[place].includes(wanted);
      word.classList.toggle("hit", isHit);
      hits += isHit;
    });
    picture.classList.toggle("searching", wanted !== "");
    byId("word-status").textContent = wanted ? words("found", { count: hits }) : "";
  });
}
