/** The list of reports: what is written here makes a new one. */
import "./common/site.js";
import { post } from "./common/feed.js";

const page = document.querySelector('[data-page="reports"]');
const form = page.querySelector('[data-part="new"]');
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { href } = await post(`${page.dataset.url}/reports`, { title: form.elements.title.value });
  window.location.href = href;
});
page.dataset.ready = "true";
