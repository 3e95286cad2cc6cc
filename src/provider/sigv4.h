// AWS Signature Version 4: proves to AWS that a request comes from the holder of a secret key, by
// headers that are made of the request, the key and the time. For every service but S3, which
// encodes paths otherwise.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "codec/sha256.h"

namespace postern::provider {

struct AwsCredentials {
  std::string_view access_key_id;
  std::string_view secret_access_key;
  std::string_view session_token;  // empty: the credentials are not temporary
};

struct AwsScope {
  std::string_view region;   // "us-east-1"
  std::string_view service;  // "bedrock"
};

struct AwsHeader {
  std::string_view name;  // in any case
  std::string_view value;
};

struct AwsRequest {
  std::string_view method;
  std::string_view host;  // with the port where it is not that of the scheme
  // As they stand in the request line: percent-encoded once, the query without its question mark.
  // The path has no dot segments and no empty ones. An empty path is "/".
  std::string_view path;
  std::string_view query;
  // To be signed beside host and the headers that are made here; they must be sent as given.
  std::span<const AwsHeader> headers;
  std::string_view body;
  // Of the body, where it is known; nullopt: it is computed.
  std::optional<codec::Digest> body_digest;
};

// Does the request carry x-amz-content-sha256? Few services ask for it, Bedrock does not.
enum class BodyDigestHeader : uint8_t { kOmitted, kSent };

struct SignedHeader {
  std::string name;  // lower case
  std::string value;
};

// The headers to add to the request: x-amz-date, x-amz-security-token for temporary credentials,
// x-amz-content-sha256 where it is wanted, authorization. They hold for about five minutes around
// `now_ms`, milliseconds since 1970.
std::vector<SignedHeader> sign_aws_request(
    const AwsRequest& request, const AwsScope& scope, const AwsCredentials& credentials,
    int64_t now_ms, BodyDigestHeader digest_header = BodyDigestHeader::kOmitted);

}  // namespace postern::provider
