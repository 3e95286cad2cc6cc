// All that enters and leaves the core. Both sides of the boundary read this one list: the module
// describes it to the shim at start-up.
//
// A payload is a JSON head, raw bytes, or a JSON head, a newline and raw bytes. In a list of
// actions at most one is a question, and it comes last; its answer is the next event. A list
// without a question means that the exchange is over.
#pragma once

#include <cstdint>

#define POSTERN_EVENTS(X)                                                                          \
  X(request)        /* {method, url, headers}, newline, 72 random bytes                         */ \
  X(body)           /* the request's body, raw                                                  */ \
  X(record)         /* what the objects of a `call` answered: a JSON array, in their order      */ \
  X(located)        /* {client_ip, connecting_ip, limiter}: null where there is none            */ \
  X(limited)        /* {success}: what the limiter said                                         */ \
  X(upstream_head)  /* {status, headers}                                                        */ \
  X(upstream_body)  /* the whole body that `collect` asked for, raw                             */ \
  X(upstream_bytes) /* some of the body that `read` asked for, raw, cut anywhere                */ \
  X(upstream_end)   /* the body came to its regular end                                         */ \
  X(waited)         /* the time that `wait` asked for has passed                                */ \
  X(failed)         /* {reason}: timeout, unreachable, too_large, broken; answers any question  */ \
  X(client_left)    /* nobody reads the reply any more; answers anything                        */ \
  X(trapped)        /* {phase, request}, newline, the random bytes: another instance died       */ \
  X(tick)           /* 72 random bytes: time to store what was counted                          */

#define POSTERN_ACTIONS(X)                                                                   \
  X(end)      /* closes the list                                                          */ \
  X(receive)  /* question: {bytes_max, timeout_ms} -> body                                */ \
  X(call)     /* question: {binding, objects, method, timeout_ms}, newline, the argument  */ \
              /* as JSON: the same call to each of these Durable Objects -> record        */ \
  X(locate)   /* question: {limiter}, the name of a binding -> located                    */ \
  X(limit)    /* question: {binding, key, timeout_ms} -> limited                          */ \
  X(fetch)    /* question: {method, url, headers, body, timeout_ms} -> upstream_head; the */ \
              /* body in pieces of the request's, or behind a newline                     */ \
  X(run)      /* question: {binding, model, timeout_ms}, newline, inputs as JSON: the     */ \
              /* model of a service that the Worker is bound to -> upstream_head          */ \
  X(collect)  /* question: {bytes_max, timeout_ms} -> upstream_body                       */ \
  X(read)     /* question: {pause_ms, timeout_ms} -> upstream_bytes, upstream_end         */ \
  X(wait)     /* question: {ms} -> waited                                                 */ \
  X(respond)  /* {status, headers, stream}; stream: the body follows, piece by piece      */ \
  X(send)     /* bytes of the reply's body                                                */ \
  X(forward)  /* the event's own bytes, unchanged, as bytes of the reply's body           */ \
  X(page)     /* {name}: the reply's body is that page of the bundle                      */ \
  X(relay)    /* from here the upstream body flows to the client past the core, and       */ \
              /* `read` asks for a copy of it                                             */ \
  X(retake)   /* after `relay`: the bytes come by the core again, and go no other way;    */ \
              /* `failed` when some were on their way just then                           */ \
  X(window)   /* from here `read` gives all that has arrived, not a piece at a time       */ \
  X(log)      /* {...}: one line of the log                                               */ \
  X(schedule) /* {ms}: a `tick` in an exchange of its own, after this time                */

namespace postern::exchange {

#define POSTERN_WORD(word) word,
enum class Event : uint32_t { POSTERN_EVENTS(POSTERN_WORD) };
enum class Action : uint32_t { POSTERN_ACTIONS(POSTERN_WORD) };
#undef POSTERN_WORD

}  // namespace postern::exchange
