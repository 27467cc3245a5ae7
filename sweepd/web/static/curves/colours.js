/**
 * The colour of a run: its own, the same on every page, by its number on the server. Runs made one
 * after the other get hues far apart. A view may give a run another colour.
 */
import { theme } from "../common/site.js";
import { ownColour } from "../parallel/colour.js";

/** The colour of a run by its number, in the theme in force. */
export function colourOfRun(number) {
  return ownColour(number, theme());
}

/** For names that are no runs (groups, keys): a number of their own. */
export function numberOf(text) {
  let found = 0;
  for (const character of text) found = (Math.imul(found, 31) + character.codePointAt(0)) | 0;
  return Math.abs(found);
}
