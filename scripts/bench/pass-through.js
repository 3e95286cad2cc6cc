/* global fetch */
// The measure of all costs: the least that a Worker between a client and a provider can do.
export default {
  /** @param {Request} request @param {{UPSTREAM: string}} env */
  fetch(request, env) {
    return fetch(env.UPSTREAM, request);
  },
};
