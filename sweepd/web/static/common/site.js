/** On every page: the theme switch and buttons that copy. */

import { h } from "./dom.js";
import { keepTimes } from "./moments.js";

const THEMES = ["system", "light", "dark"];

function chosenTheme() {
  return document.documentElement.dataset.theme ?? "system";
}

/** The theme in force, "light" or "dark". */
export function theme() {
  const chosen = chosenTheme();
  if (chosen !== "system") return chosen;
  return window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

function choose(name) {
  if (name === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  try {
    localStorage.setItem("sweepd-theme", name);
  } catch {
    /* storage may be forbidden: the choice then lasts for this page */
  }
  document.dispatchEvent(new Event("themechange"));
}

const button = document.querySelector('[data-part="theme"]');
function nameButton() {
  button?.setAttribute("aria-label", `Theme: ${chosenTheme()}. Change it`);
}
button?.addEventListener("click", () => {
  choose(THEMES[(THEMES.indexOf(chosenTheme()) + 1) % THEMES.length]);
  nameButton();
});
nameButton();
window.matchMedia("(prefers-color-scheme: dark)")
  .addEventListener("change", () => document.dispatchEvent(new Event("themechange")));

/** Copy text and say so on the button; `data-copy` on any button does it by itself. */
export async function copy(text, from) {
  const before = from.textContent;
  try {
    await navigator.clipboard.writeText(text);
    from.textContent = "Copied";
  } catch {
    from.textContent = "Select and copy by hand";
  }
  setTimeout(() => {
    from.textContent = before;
  }, 1600);
}

document.addEventListener("click", (event) => {
  const from = event.target.closest?.("button[data-copy]");
  if (from) copy(from.dataset.copy, from);
});

/* A login command carries a key, which nobody should read over a shoulder: it goes straight to the
   clipboard and is made only when asked for. */
document.addEventListener("click", async (event) => {
  const from = event.target.closest?.("button[data-login]");
  if (!from) return;
  const token = document.querySelector('meta[name="csrf"]')?.content ?? "";
  const response = await fetch(new URL("../account/actions", import.meta.url), {
    method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
    body: JSON.stringify({ action: "create-key", description: "first steps" }),
  });
  if (response.ok) copy(`${from.dataset.login} ${(await response.json()).secret}`, from);
  else from.textContent = "Not possible now";
});

/**
 * Say something that went wrong, in a line that lies over the page and goes by itself. Edits that
 * are refused and lost connections come here by themselves: see below.
 */
export function warn(text) {
  const line = h("p", { class: "toast notice is-bad", role: "alert" }, h("span", {}, text.slice(0, 400)),
    h("button", { type: "button", class: "bare", "aria-label": "Dismiss", onclick: () => line.remove() }, "×"));
  document.querySelector(".toast")?.remove();
  document.body.append(line);
  setTimeout(() => line.remove(), 12_000);
}

/* What an action of a page throws and nobody catches is for the person who did it to read. */
window.addEventListener("unhandledrejection", (event) => {
  if (!(event.reason instanceof Error)) return;
  event.preventDefault();
  console.warn(event.reason.message);
  warn(event.reason.message);
});

/* What has to be written is not written with blanks: the browser says so at the field. */
document.addEventListener("input", ({ target }) => {
  if (target.required && typeof target.value === "string")
    target.setCustomValidity(target.value && !target.value.trim() ? "These are only blanks: write something." : "");
}, true);

/* Times are sent in UTC and written in the reader's own zone and words. */
keepTimes();
