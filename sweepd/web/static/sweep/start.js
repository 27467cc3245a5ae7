/** The commands that start an agent, with an address that the machine it is to start on can reach. */
import { h } from "../common/dom.js";

/** Where this page's server is; it may be below a path of a proxy. */
const opened = () => new URL("../../..", import.meta.url).href.replace(/\/$/, "");

/** Whether each machine means itself by an address. */
export function isOwn(address) {
  const { hostname } = new URL(address);
  return /^(localhost|.*\.localhost|127(\.\d+){3}|0\.0\.0\.0|\[::1?\])$/.test(hostname);
}

/**
 * {address, note}: what the server says, unless it took the page for one opened on its own machine and
 * the browser has another address: so with a proxy that tells the server none.
 */
export function reachOf({ server = "", note = "" }, here = opened()) {
  return server && !(note && !isOwn(here)) ? { address: server, note } : { address: here, note: "" };
}

/** Whether agents of a sweep have nothing to do. */
export const isOver = (sweep) => ["FINISHED", "CANCELED"].includes(sweep.state);

/** The content of the menu; `told` is {server, note}, as the page has it, `sweep` {state, agent_command}. */
export function startCommands(told, sweep) {
  const { address, note } = reachOf(told);
  const agentCommand = sweep.agent_command;
  return [isOver(sweep) ? h("p", { class: "notice is-calm", role: "note" },
    `This sweep is ${sweep.state.toLowerCase()}: an agent leaves at once. Resume it, or retry or queue configs, first.`)
    : null, h("h3", { class: "popover-title" }, "On any machine that reaches this server"),
    codeLine(`sweepd login ${address}`), note ? h("p", { class: "notice", role: "note" }, note) : null,
    codeLine(agentCommand), h("p", { class: "small quiet" }, "or several at once: "),
    codeLine(agentCommand.replace(/^wandb agent/, "sweepd agents"))];
}

/** A command with a button that copies it. */
export function codeLine(text) {
  return h("div", { class: "code-line" }, h("code", {}, text),
    h("button", { type: "button", "data-copy": text }, "Copy"));
}
