/* global Response */
// What a process and a Worker cost before ours has done anything.
export default {
  fetch() {
    return new Response("ok");
  },
};
