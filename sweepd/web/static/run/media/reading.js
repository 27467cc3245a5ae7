/** Where the files of media lie, and how they are read. */

const BARE = /"(?:[^"\\]|\\.)*"|-?\bInfinity\b|\bNaN\b/g;

/** JSON as Python writes it: bare NaN and infinities become the words the pages know. */
export function parseJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return JSON.parse(text.replace(BARE, (found) => (found.startsWith('"') ? found : `"${found}"`)));
  }
}

export async function readJson(url) {
  const response = await fetch(url);
  const text = await response.text();
  if (!response.ok) throw new Error(parseJson(text).error ?? `the server answered ${response.status}`);
  return parseJson(text);
}

const encoded = (path) => path.split("/").map(encodeURIComponent).join("/");

/** The files of the version that a row names: {path, url(path)}; null when it names none. */
export function inArtifact(reference) {
  const match = /^wandb-client-artifact:\/\/([^/:]+)(?::latest)?\/(.+)$/s.exec(reference ?? "");
  if (!match) return null;
  const folder = new URL(`../../../client-artifacts/${match[1]}/`, import.meta.url).href;
  return { path: match[2], url: (path) => `${folder}${encoded(path)}` };
}
