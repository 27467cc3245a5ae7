/* Inside the sandboxed frame: draws the one spec it is sent, with the rows it is sent, and gives its picture. */
let drawn = Promise.reject(new Error("nothing is drawn yet"));
drawn.catch(() => {}); // who asks is told

/* A spec that says nothing of its size fills the frame; one of several views keeps its own. */
function fill(spec) {
  const isComposite = ["facet", "hconcat", "vconcat", "concat", "repeat"].some((key) => key in spec);
  if (isComposite || "width" in spec || "height" in spec) return;
  Object.assign(spec, { width: window.innerWidth - 24, height: window.innerHeight - 24,
    autosize: { type: "fit", contains: "padding" } });
}

/* Answers through the port that came with the question. */
async function picture(port) {
  try {
    port.postMessage({ svg: await (await drawn).view.toSVG() });
  } catch (error) {
    port.postMessage({ error: error.message });
  }
}

window.addEventListener("message", (event) => {
  if (event.data?.picture) {
    picture(event.ports[0]);
    return;
  }
  const { spec, rows, fields = {}, strings = {} } = event.data ?? {};
  let text = typeof spec === "string" ? spec : JSON.stringify(spec);
  for (const [kind, values] of [["field", fields], ["string", strings]]) {
    for (const [name, value] of Object.entries(values)) {
      const written = JSON.stringify(String(value ?? "")).slice(1, -1);
      text = text.replaceAll(`\${${kind}:${name}}`, written);
    }
  }
  const ready = JSON.parse(text);
  const place = (data) => (data?.name === "wandb" ? { name: "wandb", values: rows } : data);
  if (Array.isArray(ready.data)) ready.data = ready.data.map(place);
  else ready.data = place(ready.data) ?? { values: rows };
  fill(ready);
  const forbidden = { load: () => Promise.reject(new Error("no addresses")),
    sanitize: () => Promise.reject(new Error("no addresses")) };
  drawn = window.vegaEmbed("#chart", ready, { actions: false, loader: forbidden });
  drawn.catch((error) => {
    document.getElementById("chart").textContent = `This chart cannot be drawn: ${error.message}`;
  });
});
