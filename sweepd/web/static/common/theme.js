/* Runs before the page is drawn, so that a chosen theme never flashes in the other one. */
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("sweepd-theme");
  } catch {
    /* storage may be forbidden: follow the system */
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
