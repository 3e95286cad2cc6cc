// Every limit of the core, in one place, each with its reason. Nothing in Postern grows without
// one of these.
#pragma once

#include <cstddef>
#include <cstdint>

namespace postern::bounds {

// --- JSON -----------------------------------------------------------------------------------
// Deepest nesting accepted anywhere. Real requests stay under 20 (tool schemas); 10,000 levels
// exhaust the Wasm stack, and no reader of ours recurses further than this.
inline constexpr int json_depth_max = 64;

// Objects, and members and elements, that one reader enters. A part of a message takes some 200
// bytes of memory and as few as 20 of a request; conversations of 10,000 messages exist.
inline constexpr uint32_t json_objects_max = 65'536;
inline constexpr uint32_t json_steps_max = 1'000'000;

// --- Credentials and the key ring -----------------------------------------------------------
// A presented key. Ours have 46 characters, the longest provider keys about 200.
inline constexpr size_t token_bytes_max = 512;
// Ring text that is parsed. A Worker secret holds 5 KB; a larger store may feed us one day.
inline constexpr size_t ring_bytes_max = 1 << 20;
// Ring entries kept; those after them count as bad. Verification touches every one of them.
inline constexpr size_t ring_entries_max = 4096;
inline constexpr size_t ring_label_bytes_max = 32;
// Remarks about entries, kept for the operator script.
inline constexpr size_t ring_faults_max = 1000;
// How long a superseded key still works.
inline constexpr int64_t grace_ms = 24 * 3600 * 1000;
// Patterns in one list of models.
inline constexpr size_t model_patterns_max = 64;
inline constexpr size_t account_name_bytes_max = 64;
// A host has 253 at most.
inline constexpr size_t origin_bytes_max = 300;
// The variable ACCOUNTS that is read. A Worker's variable holds 5 KB.
inline constexpr size_t accounts_bytes_max = 64u << 10;
// Faults of it that are named one by one; the rest is a number.
inline constexpr size_t accounts_faults_max = 20;
// Below this a plaintext key is refused at load: short keys are guessed.
inline constexpr size_t legacy_key_bytes_min = 16;
// A random value that `npm start` makes has 32 characters; less is a hand-written switch.
inline constexpr size_t dev_marker_bytes_min = 16;

// --- Managed keys -----------------------------------------------------------------------------
// What the store said of a key is believed for so long. The published bound of revocation is ten
// seconds: two are left for a slow answer of the store and for requests on their way.
inline constexpr int64_t key_cache_age_ms = 8'000;
// Places of the cache, known and unknown keys together; about 60 bytes each beside the records.
inline constexpr size_t key_cache_places = 4'096;
inline constexpr size_t key_cache_ways = 4;
// Changed lineages that late answers are compared with; questions take seconds at most.
inline constexpr size_t key_changes_max = 64;
// Secrets that a lineage remembers, for the answer to a key whose grace is over.
inline constexpr size_t key_generations_max = 8;
inline constexpr int keys_per_shard_max = 65'536;
// How long a record is kept once its key has ended, and an Idempotency-Key is remembered.
inline constexpr int64_t ended_key_kept_ms = int64_t{90} * 24 * 3600 * 1000;
inline constexpr int64_t idempotency_kept_ms = int64_t{24} * 3600 * 1000;
inline constexpr size_t idempotency_key_bytes_max = 255;
// Attempts at a commit that others keep winning.
inline constexpr int commit_attempts_max = 8;
inline constexpr int page_limit_default = 20;
inline constexpr int page_limit_max = 100;
inline constexpr size_t management_body_bytes_max = 16u << 10;
inline constexpr uint32_t key_store_timeout_ms = 3'000;

// --- Requests for keys ------------------------------------------------------------------------
inline constexpr int pending_requests_per_shard_max = 64;  // 1,024 in all
inline constexpr int pending_requests_per_address_max = 5;
inline constexpr size_t access_text_bytes_max = 500;  // of a name, purpose or contact
// An undecided request is forgotten, and an approved one can no longer be claimed, after this.
inline constexpr int64_t access_request_kept_ms = int64_t{30} * 24 * 3600 * 1000;
inline constexpr int64_t claim_open_ms = int64_t{7} * 24 * 3600 * 1000;
// What a key lives that was asked for here and whose approval names no expiry.
inline constexpr int64_t requested_key_life_ms = int64_t{90} * 24 * 3600 * 1000;

// --- Session tokens ---------------------------------------------------------------------------
inline constexpr int64_t session_ms_max = 3600 * 1000;
inline constexpr int64_t session_ms_default = 15 * 60 * 1000;
inline constexpr size_t session_secret_bytes_min = 32;

// --- Failed authentications -------------------------------------------------------------------
// Of one address in a minute; beyond it the answer is 429. A valid key is never held back.
inline constexpr uint32_t failures_per_minute_max = 600;
inline constexpr uint32_t limiter_timeout_ms = 1'000;
inline constexpr size_t failing_addresses_max = 4'096;
// So many unknown keys in a minute are worth an event in the log.
inline constexpr uint64_t invalid_key_spike = 100;

// --- A request ------------------------------------------------------------------------------
inline constexpr size_t body_bytes_default = 32u << 20;  // Images and audio travel as base64.
// The body is copied once into linear memory.
inline constexpr size_t body_bytes_max = 64u << 20;
inline constexpr size_t model_bytes_max = 256;
inline constexpr size_t path_parameter_bytes_max = 64;
inline constexpr size_t query_bytes_max = 1'024;
inline constexpr size_t project_bytes_max = 64;
inline constexpr size_t client_request_id_bytes_max = 128;
inline constexpr size_t tracestate_bytes_max = 512;  // W3C Trace Context, section 3.3.1.5
inline constexpr int tracestate_members_max = 32;    // The same, section 3.3.1.1
// A client whose body takes longer than this is cut off: 32 MiB at a megabit a second take so long.
inline constexpr uint32_t body_timeout_ms = 300'000;

// An image of so many characters is not copied into a translated request, but referred to.
inline constexpr size_t large_image_bytes = 64u << 10;

// --- A reply --------------------------------------------------------------------------------
inline constexpr uint32_t first_byte_timeout_ms_default = 60'000;
inline constexpr uint32_t idle_timeout_ms_default = 60'000;
inline constexpr uint32_t timeout_ms_max = 15 * 60'000;
inline constexpr uint32_t stream_window_ms_default = 20;
inline constexpr uint32_t stream_window_ms_max = 1'000;
// How long a stream may be silent before the client is told that it is alive: proxies close silent
// connections after 60 to 125 seconds, some after 30.
inline constexpr uint32_t keep_alive_ms_default = 15'000;
// The header that names what was not passed on.
inline constexpr size_t dropped_header_bytes_max = 1'024;
// How often the metering branch of a relayed stream is read.
inline constexpr uint32_t relay_poll_ms = 500;
// A whole (not streamed) reply. Larger ones are refused as a bad answer of the provider.
inline constexpr size_t reply_bytes_max = 32u << 20;
// An upstream error body that is looked into.
inline constexpr size_t error_bytes_max = 256u << 10;
// One event of a stream. The largest real ones, images in base64, are near 1 MB.
inline constexpr size_t event_bytes_max = 8u << 20;
// Everything a stream through the core may carry: the runtime holds a copy of it until its end. A
// relayed one has no such bound.
inline constexpr size_t stream_bytes_max = 32u << 20;

// --- The simulator --------------------------------------------------------------------------
inline constexpr size_t simulator_tokens_max = 4096;
inline constexpr size_t simulator_echo_bytes_max = 64u << 10;

// --- The isolate ----------------------------------------------------------------------------
// Exchanges open at once. One that waits costs under 1 KB; abandoned ones stay until reaped.
inline constexpr size_t exchanges_max = 16'384;
// Added to the last deadline of an exchange before the core takes it back.
inline constexpr uint32_t reap_grace_ms = 5'000;
// Exchanges taken back per call, so that no request pays for a crowd.
inline constexpr int reaped_per_event_max = 16;
// Configurations alive in one isolate (preview and production bindings); the oldest idle one goes.
inline constexpr size_t configs_max = 8;

// --- Reports --------------------------------------------------------------------------------
inline constexpr int projects_max = 1'000;  // kept apart in the counts; the rest is `other`
inline constexpr int models_max = 500;      // likewise
inline constexpr uint32_t public_report_age_ms = 1'000;
// Counts reach the store in batches of at most this age.
inline constexpr uint32_t batch_age_ms = 1'000;
// Rows of counters that wait for the next batch; names after that are counted as `other`.
inline constexpr size_t pending_rows_max = 4'096;
inline constexpr uint32_t store_timeout_ms = 10'000;

}  // namespace postern::bounds
