/**
 * What is open on a run's page, in the address: `#charts&across=time&smooth=0.6&beside=a,b`.
 * The tab comes first, then how the charts are drawn; what is as at first is left out.
 */

/** {tab, across, smooth, log, beside} as the address says it; what is missing is null. */
export function readAddress(hash = window.location.hash) {
  const [tab, ...rest] = hash.replace(/^#/, "").split("&");
  const pairs = new URLSearchParams(rest.join("&"));
  const smooth = Number(pairs.get("smooth"));
  return {
    tab: tab.includes("=") ? "" : tab,
    across: pairs.get("across"),
    smooth: smooth > 0 && smooth < 1 ? smooth : 0,
    log: pairs.has("log"),
    beside: (pairs.get("beside") ?? "").split(",").filter(Boolean),
  };
}

/** Put changes into the address; the page is not left and the way back stays as it is. */
export function writeAddress(changes) {
  const now = { ...readAddress(), ...changes };
  const pairs = [];
  if (now.across && now.across !== "step") pairs.push(`across=${encodeURIComponent(now.across)}`);
  if (now.smooth) pairs.push(`smooth=${now.smooth}`);
  if (now.log) pairs.push("log=yes");
  if (now.beside.length) pairs.push(`beside=${now.beside.map(encodeURIComponent).join(",")}`);
  const tab = now.tab || (pairs.length ? "charts" : "");
  const hash = [tab === "charts" && !pairs.length ? "" : tab, ...pairs].filter(Boolean).join("&");
  const { pathname, search } = window.location;
  window.history.replaceState(null, "", pathname + search + (hash ? `#${hash}` : ""));
}
