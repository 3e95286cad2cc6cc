// What the operator's script asks of the core, so that script and gateway cannot disagree about a
// ring or a key. No route leads here: the questions carry keys, and the answers carry digests.
//
//   {"do":"read","ring":TEXT,"now_ms":N}       ->
//   {"entries":[ENTRY..],"bad_entries","weak_entries",
//                                                 "unknown_scopes","unreadable_times",
//                                                 "remarks":[{"fault","line","entry"}..]}
//   {"do":"format","entry":ENTRY}              -> {"text"}
//   {"do":"key","key":TEXT}                    -> {"form","class","digest","display","bits",
//                                                 "unusable","weak","provider"}
//   {"do":"make","class":C,"random":64 digits} -> {"key","digest","display"}
//   {"do":"match","ring","key","now_ms"}       -> {"entry","standing","class"}
//   {"do":"time","text":TEXT} or {"ms":N}      -> {"ms","text"}
//
// An ENTRY has label, digest, scopes, class, class_stated, expires_ms, superseded_ms, account and
// models; reading adds name (label or eight digits), ends_ms, standing (when now_ms was told) and
// text, the canonical form. What is absent is null, and may be left out of a question. `unusable`
// and `weak` are reasons, or null. `entry` of a match counts from 0; null: no such key.
//
// Any other question is answered {"error": a sentence}. It never repeats what was asked.
#pragma once

#include <string>
#include <string_view>

namespace postern::abi {

std::string ring_tool(std::string_view request);

}  // namespace postern::abi
