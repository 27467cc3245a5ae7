/** The answer to a question to the server, as JSON; rejects with what the server says. */
export async function read(address) {
  const response = await fetch(address);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error ?? `The server answered ${response.status}`);
  return answer;
}
