/** Keys, users and teams, and a project's automations: small forms that post and say what came of it. */
import { post } from "./common/feed.js";
import { h, put } from "./common/dom.js";

const page = document.querySelector("[data-page]");
const { actions } = page.dataset;
const ACTIONS = actions ?? new URL("../account/actions", import.meta.url);
const message = document.querySelector('[data-part="message"]');
const secret = document.querySelector('[data-part="secret"]');

async function act(body, form = null) {
  try {
    const answer = await post(ACTIONS, body);
    message.textContent = answer.secret ? "" : answer.message ?? "";
    if (answer.secret) {
      showSecret(answer);
      form?.reset();
      await renew(form);
    } else window.location.reload();
  } catch (error) {
    message.textContent = error.message;
  }
}

/**
 * Read the lists anew: the page stays, for what it shows once would be gone. A section in which something
 * is being written stays as it is.
 */
async function renew(sent) {
  const response = await fetch(window.location.href);
  if (!response.ok) return;
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  for (const section of page.querySelectorAll("section[aria-labelledby]")) {
    const other = fresh.querySelector(`section[aria-labelledby="${section.getAttribute("aria-labelledby")}"]`);
    if (other && !isBeingWritten(section, sent)) put(section, ...other.children);
  }
}

const isBeingWritten = (section, sent) => [...section.querySelectorAll("input, select, textarea")].some((field) => (
  isChanged(field) || (field === document.activeElement && field.form !== sent)));

function isChanged(field) {
  if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
  if (!field.options) return field.value !== field.defaultValue;
  const first = [...field.options].findIndex((option) => option.defaultSelected);
  return field.selectedIndex !== Math.max(first, field.options.length ? 0 : -1);
}

/** A secret is copied, not read: it stays hidden until asked for. */
function showSecret({ secret: text, message: told }) {
  secret.hidden = false;
  const shown = h("code", {}, "•".repeat(24));
  put(secret, h("div", {}, h("p", {}, told), h("div", { class: "code-line" }, shown,
    h("button", { type: "button", onclick: () => {
      shown.textContent = text;
    } }, "Show"), h("button", { type: "button", "data-copy": text }, "Copy"))));
  secret.scrollIntoView({ block: "nearest" });
}

document.addEventListener("submit", (event) => {
  const form = event.target.closest("form[data-form]");
  if (!form) return;
  event.preventDefault();
  act({ action: form.dataset.form, ...Object.fromEntries(new FormData(form)) }, form);
});
/* A button that hurts asks once more, on itself. */
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-act]");
  if (!button) return;
  const { act: action, sure, key, ...rest } = button.dataset;
  if (sure) {
    delete button.dataset.sure;
    button.textContent = sure;
    button.setAttribute("aria-label", sure);
  } else act({ action, ...rest, ...(key ? { key: Number(key) } : {}) });
});
for (const part of page.parentElement.querySelectorAll("[inert]")) part.inert = false; // a press is heard
page.dataset.ready = "true";
