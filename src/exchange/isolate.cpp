#include "exchange/isolate.h"

#include "bounds.h"
#include "codec/json_writer.h"

namespace postern::exchange {

void schedule_tick(Isolate& isolate, int64_t now_ms, Outbox& out) {
  if (isolate.tick_due_ms && now_ms < isolate.tick_due_ms + bounds::batch_age_ms) return;
  isolate.tick_due_ms = now_ms + bounds::batch_age_ms;
  codec::JsonWriter json(out.open(Action::schedule));
  json.begin_object().name("ms").number(bounds::batch_age_ms).end_object();
  out.seal();
}

}  // namespace postern::exchange
