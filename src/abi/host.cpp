#include "abi/host.h"

#include <algorithm>

#include "bounds.h"
#include "codec/json_writer.h"
#include "exchange/head.h"
#include "policy/routes.h"
#include "provider/table.h"

namespace postern::abi {
namespace {

using codec::JsonWriter;
using exchange::Event;

// 16 bits of slot, 16 of generation. Generations start at 1, so no handle is below 65536.
constexpr uint32_t slot_bits = 16;
static_assert(bounds::exchanges_max <= (1u << slot_bits));

constexpr size_t kept_inbox_bytes = 1u << 20;

// Slots looked at whenever an exchange opens. More than one, so that the reaper outruns arrivals.
constexpr size_t looks_per_open = 4;

template <typename Names>
void write_names(JsonWriter& json, std::string_view member, const Names& names) {
  json.name(member).begin_array();
  for (const std::string_view name : names) json.string(name);
  json.end_array();
}

// What the route asks of a caller, for the tests that hold it against the documents.
void write_permissions(JsonWriter& json, const policy::Route& route) {
  if (route.scope) json.name("scope").string(policy::scope_name(*route.scope));
  json.name("classes").begin_array();
  for (const policy::KeyClass one :
       {policy::KeyClass::kLive, policy::KeyClass::kTest, policy::KeyClass::kDev})
    if (route.callers.has(one)) json.string(policy::class_name(one));
  json.end_array().name("sessions").boolean(route.callers.sessions());
}

}  // namespace

std::string_view Host::describe() {
  static constexpr std::string_view events[] = {
#define POSTERN_NAME(word) #word,
      POSTERN_EVENTS(POSTERN_NAME)};
  static constexpr std::string_view actions[] = {POSTERN_ACTIONS(POSTERN_NAME)};
#undef POSTERN_NAME
  text_.clear();
  JsonWriter json(text_);
  json.begin_object();
  write_names(json, "events", events);
  write_names(json, "actions", actions);
  static constexpr std::string_view raw_actions[] = {"send", "fetch", "run"};
  write_names(json, "rawActions", raw_actions);
  write_names(json, "requestHeaders", exchange::request_header_names());
  write_names(json, "replyHeaders", exchange::reply_header_names());
  std::vector<std::string> variables(policy::config_variables.begin(),
                                     policy::config_variables.end());
  for (std::string& name : provider::variables()) variables.push_back(std::move(name));
  write_names(json, "variables", variables);
  json.name("routes").begin_array();
  for (const policy::Route& route : policy::routes()) {
    json.begin_object().name("method").string(route.method).name("path").string(route.path);
    json.name("public").boolean(route.guard == policy::Guard::kPublic);
    write_permissions(json, route);
    json.end_object();
  }
  json.end_array().end_object();
  return text_;
}

char* Host::inbox(size_t size) {
  // A large body leaves its memory to others as soon as the next payload comes.
  const bool too_large = inbox_bytes_ > kept_inbox_bytes && size <= kept_inbox_bytes;
  if (inbox_bytes_ < size || too_large || !inbox_) {
    inbox_.reset();  // before the new one, which may take its place
    inbox_bytes_ = std::max<size_t>(size, 4096);
    inbox_.reset(new char[inbox_bytes_]);
  }
  return inbox_.get();
}

std::string_view Host::configure(size_t size) {
  const std::string_view variables(inbox_.get(), size);
  auto known = std::find_if(configs_.begin(), configs_.end(),
                            [&](const Known& one) { return one.text == variables; });
  const bool first_time = known == configs_.end();
  if (first_time) {
    if (configs_.size() >= bounds::configs_max) configs_.pop_front();
    configs_.push_back(
        {++last_config_, std::string(variables),
         std::make_shared<const exchange::Deployment>(exchange::read_deployment(variables))});
    known = std::prev(configs_.end());
  }
  text_.clear();
  JsonWriter json(text_);
  json.begin_object().name("config").number(known->id).name("warnings").begin_array();
  if (first_time)
    for (const std::string& warning : known->deployment->warnings) json.string(warning);
  json.end_array().end_object();
  return text_;
}

uint32_t Host::open(uint32_t config, int64_t now_ms) {
  const auto known = std::find_if(configs_.begin(), configs_.end(),
                                  [&](const Known& one) { return one.id == config; });
  if (known == configs_.end()) return handle_unconfigured;
  if (free_.empty() && slots_.size() >= bounds::exchanges_max) {
    // No event may ever come again to reap those that were abandoned: it has to happen here.
    if (!outbox_begun_) outbox_.clear();
    outbox_begun_ = true;
    reap(now_ms, slots_.size());
    if (free_.empty()) return handle_full;
  }
  if (free_.empty()) {
    free_.push_back(static_cast<uint32_t>(slots_.size()));
    slots_.emplace_back();
  }
  const uint32_t slot = free_.back();
  free_.pop_back();
  slots_[slot].exchange = std::make_unique<exchange::Exchange>(known->deployment, isolate_);
  ++open_;
  return slots_[slot].generation << slot_bits | slot;
}

std::string_view Host::handle(uint32_t handle, Event event, size_t size, int64_t now_ms) {
  if (!outbox_begun_) outbox_.clear();
  outbox_begun_ = false;
  Slot* slot = find(handle);
  if (!slot) return outbox_.list();  // taken back before: there is nothing left to do
  const std::string_view payload(inbox_.get(), size);
  // Before the exchange's own actions, because a question must come last.
  if (event == Event::request) reap(now_ms, looks_per_open);
  slot->exchange->handle(event, payload, now_ms, outbox_);
  return outbox_.list();
}

void Host::close(uint32_t handle) {
  if (find(handle)) release(handle & ((1u << slot_bits) - 1));
}

Host::Slot* Host::find(uint32_t handle) {
  const size_t slot = handle & ((1u << slot_bits) - 1);
  if (slot >= slots_.size() || slots_[slot].generation != handle >> slot_bits) return nullptr;
  return slots_[slot].exchange ? &slots_[slot] : nullptr;
}

void Host::release(size_t slot) {
  slots_[slot].exchange.reset();
  slots_[slot].generation = slots_[slot].generation % 0xffff + 1;
  free_.push_back(static_cast<uint32_t>(slot));
  --open_;
}

// A loop that the runtime dropped never closes its exchange, so the core takes those back whose
// last question can no longer be answered.
void Host::reap(int64_t now_ms, size_t looks) {
  if (open_ >= bounds::exchanges_max * 3 / 4) looks = 1024;  // a crowd was abandoned
  int reaped = 0;
  for (; looks && reaped < bounds::reaped_per_event_max; --looks) {
    reaper_at_ = (reaper_at_ + 1) % slots_.size();
    Slot& slot = slots_[reaper_at_];
    if (!slot.exchange || !slot.exchange->expires_ms() || now_ms < slot.exchange->expires_ms())
      continue;
    slot.exchange->abandon(now_ms, outbox_);
    release(reaper_at_);
    ++reaped;
  }
}

}  // namespace postern::abi
