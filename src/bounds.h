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

// --- Credentials and the key ring -----------------------------------------------------------
// A presented key. Ours have 46 characters, the longest provider keys about 200.
inline constexpr size_t token_bytes_max = 512;
// Ring text that is parsed. A Worker secret holds 5 KB; a larger store may feed us one day.
inline constexpr size_t ring_bytes_max = 1 << 20;
// Ring entries kept; those after them count as bad. Verification touches every one of them.
inline constexpr size_t ring_entries_max = 4096;
inline constexpr size_t ring_label_bytes_max = 32;
// Below this a plaintext key is refused at load: short keys are guessed.
inline constexpr size_t legacy_key_bytes_min = 16;
// A random value that `npm start` makes has 32 characters; less is a hand-written switch.
inline constexpr size_t dev_marker_bytes_min = 16;

// --- A request ------------------------------------------------------------------------------
inline constexpr size_t body_bytes_default = 32u << 20;  // Images and audio travel as base64.
// The body is copied once into linear memory.
inline constexpr size_t body_bytes_max = 64u << 20;
inline constexpr size_t model_bytes_max = 256;
inline constexpr size_t project_bytes_max = 64;
inline constexpr size_t client_request_id_bytes_max = 128;
inline constexpr size_t tracestate_bytes_max = 512;  // W3C Trace Context, section 3.3.1.5
inline constexpr int tracestate_members_max = 32;    // The same, section 3.3.1.1
// A client whose body takes longer than this is cut off: 32 MiB at a megabit a second take so long.
inline constexpr uint32_t body_timeout_ms = 300'000;

// --- A reply --------------------------------------------------------------------------------
inline constexpr uint32_t first_byte_timeout_ms_default = 60'000;
inline constexpr uint32_t idle_timeout_ms_default = 60'000;
inline constexpr uint32_t timeout_ms_max = 15 * 60'000;
inline constexpr uint32_t stream_window_ms_default = 20;
inline constexpr uint32_t stream_window_ms_max = 1'000;
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
