/** All tests of this folder in one process: `node --test` begins one for each file. */
import { readdirSync } from "node:fs";

for (const name of readdirSync(new URL(".", import.meta.url)).sort()) {
  if (name.endsWith(".test.mjs")) await import(new URL(name, import.meta.url));
}
