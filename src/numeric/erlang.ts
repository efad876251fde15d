/** Waiting in a queue with several servers: Erlang's formulas for random arrivals. */

/**
 * The share of arrivals that must wait with `servers` servers and `load` Erlangs (arrivals per second times seconds of
 * service): Erlang's C formula (1917; Kleinrock, Queueing Systems I, section 3.5) by the recursion of the B formula, which
 * neither overflows nor cancels. 1 where the load reaches the servers.
 */
export function erlangC(servers: number, load: number): number {
  if (load >= servers) return 1;
  return waitingShare(servers, load, erlangB(servers, load));
}

/** The share of arrivals that find all servers busy where nobody waits. */
function erlangB(servers: number, load: number): number {
  let blocked = 1;
  for (let k = 1; k <= servers; k++) blocked = (load * blocked) / (k + load * blocked);
  return blocked;
}

function waitingShare(servers: number, load: number, blocked: number): number {
  return blocked / (1 - (load / servers) * (1 - blocked));
}

/**
 * The time that a share `tail` of arrivals waits longer than, in the unit of `service`, where services take `service` on
 * average and are as irregular as an exponential distribution: P(wait > t) = C exp(-(servers - load) t / service).
 * Infinite where the load reaches the servers.
 */
export function waitQuantile(servers: number, load: number, service: number, tail: number): number {
  if (load >= servers) return Infinity;
  return waitOf(erlangC(servers, load), servers, load, service, tail);
}

function waitOf(share: number, servers: number, load: number, service: number, tail: number): number {
  return share <= tail ? 0 : (Math.log(share / tail) * service) / (servers - load);
}

/** The fewest servers with which no more than a share `tail` waits longer than `most`; null above `limit` servers. */
export function serversFor(
  load: number,
  service: number,
  { tail, most, limit = 1e6 }: { readonly tail: number; readonly most: number; readonly limit?: number },
): number | null {
  let blocked = 1;
  for (let servers = 1; servers <= limit; servers++) {
    blocked = (load * blocked) / (servers + load * blocked);
    if (servers <= load) continue;
    const share = waitingShare(servers, load, blocked);
    if (waitOf(share, servers, load, service, tail) <= most) return servers;
  }
  return null;
}
