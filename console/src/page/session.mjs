// The session: a token is given once, a cookie is kept by the browser, and no script can read it.

export async function who() {
  const answer = await fetch("/v1/session", { cache: "no-store" });
  return answer.ok ? answer.json() : null;
}

export async function enter(token) {
  const answer = await fetch("/v1/session", { method: "POST", headers: { Authorization: `Bearer ${token.trim()}` } });
  return answer.ok;
}

export const leave = () => fetch("/v1/session", { method: "DELETE" });

export async function json(path) {
  const answer = await fetch(path, { cache: "no-store" });
  return answer.ok ? answer.json() : null;
}

// The server's sentence about what it refuses.
export async function refusal(answer) {
  const problem = await answer.json().catch(() => ({}));
  return problem.detail ?? problem.title ?? `${answer.status}`;
}

// A stream of one kind of event. It opens itself again; `lost` is told when it is cut, so that the session can be looked at.
export function stream(path, name, take, lost) {
  const source = new EventSource(path);
  source.addEventListener(name, (event) => take(JSON.parse(event.data)));
  source.addEventListener("error", () => lost(source.readyState === EventSource.CLOSED));
  return source;
}
