// From the body of a request for a model to the question that is put to the provider.
#include <algorithm>

#include "bounds.h"
#include "codec/json_writer.h"
#include "exchange/exchange.h"
#include "exchange/large_images.h"
#include "exchange/payload.h"
#include "provider/call.h"

namespace postern::exchange {

using codec::JsonWriter;
using policy::Reason;
using provider::Surface;

void Exchange::ask_inference_body(Outbox& out) {
  receipt_.counted = true;
  ask_body(config_->body_bytes_max, out);
}

void Exchange::ask_body(size_t bytes_max, Outbox& out) {
  body_bytes_max_ = bytes_max;
  const std::string_view encoding = head_.header(RequestHeader::kContentEncoding).value_or("");
  if (!encoding.empty() && encoding != "identity") return refuse(Reason::kUnsupportedEncoding, out);
  const std::string_view length = head_.header(RequestHeader::kContentLength).value_or("");
  if (saturating_decimal(length) > bytes_max) return on_failed("too_large", out);
  JsonWriter json(out.open(Action::receive));
  json.begin_object().name("bytes_max").number(static_cast<int64_t>(bytes_max));
  json.name("timeout_ms").number(bounds::body_timeout_ms).end_object();
  out.seal();
  ask(State::kReceiving, bounds::body_timeout_ms);
}

void Exchange::on_body(std::string_view body, Outbox& out) {
  dialect::Outline outline;
  if (body.empty()) return refuse(Reason::kInvalidJson, out, "the request body is empty");
  if (const auto fault = dialect::read_outline(body, outline)) return refuse(*fault, out);
  stream_asked_ = outline.stream && door_->surface != Surface::kEmbeddings;
  usage_asked_ = outline.include_usage;
  receipt_.stream = stream_asked_;
  receipt_.project_id = outline.project_id;
  receipt_.model = outline.model == "auto" ? config_->default_model : outline.model;
  if (receipt_.model.empty())
    return refuse(Reason::kInvalidRequest, out,
                  "model \"auto\" needs a default; the operator sets DEFAULT_MODEL", "model");
  if (!policy::may_use(caller_, receipt_.model))
    return refuse(Reason::kModelNotAllowed, out, {}, "model");
  if (!choose_target(out)) return;
  receipt_.provider = target_.setting->name;
  if (door_->surface == Surface::kEmbeddings) return ask_embeddings(body, outline, out);
  untouched_ = serves_untouched(target_, *door_) && !holds_marks(body);
  if (untouched_) return ask_untouched(body, outline, out);
  ask_translated(body, outline, out);
}

// Signatures of other providers stand in Anthropic's words under marks of ours, which Anthropic
// itself must not see: they have to be taken out again.
bool Exchange::holds_marks(std::string_view body) const {
  return door_->surface == Surface::kMessages && body.find("\"postern-") != body.npos;
}

// False when the request was refused.
bool Exchange::choose_target(Outbox& out) {
  // A test key never reaches a provider, whatever it asks for.
  const bool test = caller_.grant.key_class == policy::KeyClass::kTest;
  const provider::Settings& settings = deployment_->settings;
  const bool unconfigured_dev = dev_mode_ && settings.providers.empty();
  if (test || simulator::is_simulator_model(receipt_.model) || unconfigured_dev) {
    if (!test && simulator_door() == SimulatorDoor::kShut) {
      refuse(Reason::kProviderNotConfigured, out,
             "the simulator is off; the operator sets SIMULATOR=on", "model");
      return false;
    }
    target_ = simulator_target(receipt_.model);
    return true;
  }
  if (const auto none = provider::choose(settings, receipt_.model, target_)) {
    const bool misnamed = none->reason == provider::NoTarget::Reason::kNoModel;
    refuse(misnamed ? Reason::kInvalidRequest : Reason::kProviderNotConfigured, out, none->message,
           "model");
    return false;
  }
  return true;
}

// --- In the client's own words ------------------------------------------------------------------

void Exchange::ask_untouched(std::string_view body, dialect::Outline& outline, Outbox& out) {
  if (door_->surface == Surface::kResponses) {
    // What a provider keeps, it keeps for the gateway's account, which all keys share. Only such
    // requests are refused; a member that we do not know may be one that the provider does.
    chat::Request request;
    const auto refused = door_->dialect->read_request(body, request);
    if (refused && refused->kind == chat::Refused::Kind::kUnsupported) return refuse(*refused, out);
  }
  std::vector<dialect::Edit> edits;
  if (target_.model != outline.model) {
    dialect::Edit edit{outline.model_value.begin, outline.model_value.end, {}};
    codec::append_json_string(target_.model, edit.text);
    edits.push_back(std::move(edit));
  }
  if (const auto& project = outline.project_member)
    edits.push_back({project->begin, project->end, {}});
  const bool counts_on_request =
      door_->surface == Surface::kChat || door_->surface == Surface::kCompletions;
  if (counts_on_request && stream_asked_ && !usage_asked_ && config_->stream_usage &&
      target_.quirks().stream_usage)
    edits.push_back(std::move(outline.ask_usage));
  // An insertion comes before the cut that begins at the same place.
  std::sort(edits.begin(), edits.end(), [](const auto& left, const auto& right) {
    return left.begin != right.begin ? left.begin < right.begin : left.end < right.end;
  });
  if (is_simulator(target_)) return play(dialect::apply(edits, body), out);
  ask_provider(pieces_of(body.size(), edits), out);
}

// --- In the provider's words --------------------------------------------------------------------

void Exchange::ask_translated(std::string_view body, const dialect::Outline& outline, Outbox& out) {
  if (door_->surface == Surface::kCountTokens)
    return refuse(Reason::kUnsupported, out,
                  "this provider does not count tokens; only models of anthropic/ can be asked",
                  "model");
  chat::Request request;
  if (const auto refused = door_->dialect->read_request(body, request))
    return refuse(*refused, out);
  request.model = target_.model;
  request.stream = outline.stream;
  LargeImages images(body, "postern-" + receipt_.request_id + "-");
  const bool by_reference = !is_simulator(target_) && !target_.via_binding() &&
                            !target_.setting->aws;  // a signature needs all the bytes
  if (by_reference) images.take_out(request);
  chat::Dropped dropped;
  std::string upstream;
  upstream.reserve(images.empty() ? body.size() + 1024 : 4096);
  if (const auto refused =
          target_.dialect(door_->surface)
              ->write_request(request, *door_->dialect, target_.quirks(), dropped, upstream))
    return refuse(*refused, out);
  dropped_ = header_of(dropped);
  if (is_simulator(target_)) return play(upstream, out);
  if (images.empty()) return ask_provider(upstream, out);
  ask_provider(images.pieces_of(upstream), out);
}

void Exchange::ask_embeddings(std::string_view body, dialect::Outline& outline, Outbox& out) {
  using dialect::EmbeddingFormat;
  const EmbeddingFormat format = target_.embeddings();
  if (format == EmbeddingFormat::kNone)
    return refuse(Reason::kUnsupported, out, "this provider gives no embeddings", "model");
  dialect::EmbeddingRequest request;
  if (const auto refused = dialect::read_embedding_request(body, request))
    return refuse(*refused, out);
  embedding_encoding_ = request.encoding;
  embedding_inputs_ = request.texts.size();
  untouched_ = serves_untouched(target_, *door_);
  if (untouched_) return ask_untouched(body, outline, out);
  request.model = target_.model;
  chat::Dropped dropped;
  std::string upstream;
  upstream.reserve(body.size() + 1024);
  if (const auto refused = dialect::write_embedding_request(format, request, dropped, upstream))
    return refuse(*refused, out);
  dropped_ = header_of(dropped);
  ask_provider(upstream, out);
}

void Exchange::ask_provider(std::string_view upstream_body, Outbox& out) {
  if (target_.via_binding()) {
    std::string& payload = out.open(Action::run);
    JsonWriter json(payload);
    json.begin_object().name("binding").string(provider::binding_variable);
    json.name("model").string(target_.model);
    json.name("timeout_ms").number(config_->first_byte_timeout_ms).end_object();
    payload.append("\n").append(upstream_body);
  } else {
    std::string& payload = out.open(Action::fetch);
    JsonWriter json(payload);
    write_fetch_head(call_of(upstream_body), json);
    json.end_object();
    payload.append("\n").append(upstream_body);
  }
  out.seal();
  ask(State::kDispatched, config_->first_byte_timeout_ms);
}

void Exchange::ask_provider(const BodyPieces& upstream_body, Outbox& out) {
  JsonWriter json(out.open(Action::fetch));
  write_fetch_head(call_of({}), json);
  json.name("body");
  write_pieces(upstream_body, json);
  json.end_object();
  out.seal();
  ask(State::kDispatched, config_->first_byte_timeout_ms);
}

provider::Call Exchange::call_of(std::string_view upstream_body) const {
  return provider::build_call(
      target_,
      {.surface = door_->surface,
       .delivery = stream_asked_ ? provider::Delivery::kStream : provider::Delivery::kWhole,
       .body = upstream_body,
       .now_ms = now_ms_,
       .anthropic_version = forwarded(RequestHeader::kAnthropicVersion),
       .anthropic_beta = forwarded(RequestHeader::kAnthropicBeta)});
}

// What the client said in a header of its own provider's, when it is asked in the client's words.
std::string_view Exchange::forwarded(RequestHeader header) const {
  return untouched_ ? head_.header(header).value_or("") : std::string_view();
}

// Opens the object and leaves it open: the body may follow.
void Exchange::write_fetch_head(const provider::Call& call, JsonWriter& json) const {
  json.begin_object().name("method").string("POST").name("url").string(call.url);
  json.name("headers").begin_object();
  const auto sets = [&](std::string_view name) {
    return std::any_of(call.headers.begin(), call.headers.end(),
                       [&](const provider::Header& header) { return header.name == name; });
  };
  // Which of two forms it can read the client itself knows best, where its words go on as they are.
  const bool accepts = untouched_ && head_.header(RequestHeader::kAccept);
  for (const provider::Header& header : call.headers)
    if (!accepts || header.name != "accept") json.name(header.name).string(header.value);
  // A compressed stream would arrive in blocks, and a relayed one could not be read.
  json.name("accept-encoding").string("identity");
  head_.each_forwarded([&](RequestHeader header, std::string_view name, std::string_view value) {
    const bool theirs = untouched_ || header == RequestHeader::kUserAgent;
    const bool again = sets(name) && header != RequestHeader::kAccept;
    if (theirs && !again) json.name(name).string(value);
  });
  if (config_->forward_traceparent) {
    json.name("traceparent").string(trace_.traceparent());
    if (!trace_.tracestate.empty()) json.name("tracestate").string(trace_.tracestate);
  }
  json.end_object().name("timeout_ms").number(config_->first_byte_timeout_ms);
}

// --- The simulator ------------------------------------------------------------------------------

void Exchange::play(std::string_view body, Outbox& out) {
  const bool test = caller_.grant.key_class == policy::KeyClass::kTest;
  player_.emplace(simulator::play(receipt_.model, body, now_ms_,
                                  test ? simulator::Mode::kTest : simulator::Mode::kLive),
                  config_->first_byte_timeout_ms, config_->idle_timeout_ms);
  state_ = State::kDispatched;
  play_head(out);
}

}  // namespace postern::exchange
