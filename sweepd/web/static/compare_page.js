/** The comparison: only differences at first, keys found by words. */
const find = document.querySelector('[data-part="find"]');
const differences = document.querySelector('[data-part="differences"]');
const same = document.querySelector('[data-part="same"]');
const rows = [...document.querySelectorAll("tbody tr")];

function show() {
  const wanted = find.value.trim().toLowerCase();
  let shown = 0;
  for (const row of rows) {
    row.hidden = (differences.checked && row.dataset.differs === "no")
      || !row.firstElementChild.textContent.toLowerCase().includes(wanted);
    shown += row.hidden ? 0 : 1;
  }
  same.hidden = shown > 0;
}
find.addEventListener("input", show);
differences.addEventListener("change", show);
show();
