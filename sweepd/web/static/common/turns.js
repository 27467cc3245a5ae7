/** Long work in turns: between two of them the page answers, and draws what is there already. */
export function turn() {
  if (globalThis.scheduler?.yield) return globalThis.scheduler.yield();
  return new Promise((done) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      done();
    };
    port2.postMessage(0);
  });
}

/** When what is there stands on the screen: what comes after it has a frame of its own. */
export function shown() {
  if (document.hidden) return turn();
  return new Promise((done) => {
    requestAnimationFrame(() => turn().then(done));
    setTimeout(done, 100); // it may be hidden meanwhile
  });
}
