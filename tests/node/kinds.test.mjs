import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./pages.mjs";

const { kindOf, nameOfKey, relative, titleOf, write } = await load("common/kinds.js");
const { plain, segments } = await load("run/ansi_text.js");

test("numbers are written by what their key says they are", () => {
  const cases = [
    ["_runtime", 3725, "1 h 02 min"], ["train/seconds", 12.25, "12 s"], ["system.cpu", 42.123, "42.1 %"],
    ["system.proc.memory.rssMB", 512.4, "512 MB"], ["system.proc.memory.availableMB", 20480, "20 GB"],
    ["system.gpu.0.memoryAllocatedBytes", 6.9e9, "6.9 GB"], ["system.gpu.1.temp", 61, "61 °C"],
    ["system.gpu.0.powerWatts", 215.5, "216 W"], ["system.network.sent", 1200, "1.2 kB"], ["n_bytes", 999, "999 B"],
    ["system.gpu.0.smClock", 1410, "1,410 MHz"], ["loss", 0.123456, "0.1235"], ["n_samples", 60000, "60,000"],
    ["bytes_per_second_rate", 12, "12"], ["loss", "NaN", "NaN"], ["loss", null, "–"], ["words", "a b", "a b"],
  ];
  for (const [key, value, text] of cases) assert.equal(write(key, value), text, key);
  assert.equal(kindOf("_timestamp"), "time");
  assert.match(write("_timestamp", 1.79e9), /\d\d:\d\d$/);
});

test("system metrics have names that people know", () => {
  const cases = { "system.cpu": "CPU use, %", "system.gpu.0.gpu": "GPU 0 use, %",
    "system.gpu.0.temp": "GPU 0 temperature, °C",
    "system.gpu.0.powerWatts": "GPU 0 power, W", "system.memory_percent": "Memory, %",
    "system.proc.memory.rssMB": "Process memory, MB", "system.proc.cpu.threads": "Process CPU threads",
    "system.network.recv": "Network received, bytes", "system.disk.\\/.usageGB": "Disk / used, GB",
    "loss": "loss", "val/system.cpu": "val/system.cpu" };
  for (const [key, title] of Object.entries(cases)) assert.equal(titleOf(key), title, key);
  assert.equal(nameOfKey("system."), "system.");
});

test("moments are as long ago as people say", () => {
  const now = Date.UTC(2026, 10, 28, 12);
  const ago = (seconds) => relative(now - seconds * 1000, now);
  assert.deepEqual([5, 90, 3599, 7200, 90_000, 5 * 86_400].map(ago),
    ["just now", "2 min ago", "60 min ago", "2 h ago", "1 day ago", "5 days ago"]);
  assert.match(ago(20 * 86_400), /8/);
  assert.match(ago(400 * 86_400), /2025/);
});

test("a terminal's colours are read, and its other sequences left out", () => {
  const red = "\u001b[31mred\u001b[0m and \u001b[1;38;5;196mbold\u001b[22m\u001b[39m plain\u001b[2K";
  assert.equal(plain(red), "red and bold plain");
  assert.deepEqual(segments(red).map(([style, text]) => [style.ink ?? "", Boolean(style.bold), text]),
    [["red", false, "red"], ["", false, " and "], ["rgb(255 0 0)", true, "bold"], ["", false, " plain"]]);
  assert.deepEqual(segments("\u001b[38;2;1;2;3mx\u001b[48;5;4my"),
    [[{ ink: "rgb(1 2 3)" }, "x"], [{ ink: "rgb(1 2 3)", ground: "blue" }, "y"]]);
  assert.equal(plain("\u001b]8;;http://x\u0007link\u001b]8;;\u0007"), "link");
});
