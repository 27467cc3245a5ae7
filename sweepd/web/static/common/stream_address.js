/** Where streams come from; `topics` are as "sweeps/ann/mnist/abc", each part encoded. */
export function streamAddress(topics) {
  const address = new URL("../../events", import.meta.url);
  for (const topic of topics) address.searchParams.append("topic", topic);
  return address.href;
}
