// SPDX-License-Identifier: Apache-2.0
// The certificate that a program makes for itself at its first start, until it is given a better one.
#pragma once

#include <string>
#include <vector>

#include "sensor/base/result.hpp"
#include "sensor/base/time.hpp"

namespace hd {

struct CertificateFiles {
  std::string certificate = {}, key = {};  ///< paths of PEM files
  std::string fingerprint = {};            ///< SHA-256 of the certificate, "3F:2A:…"
  bool is_new = false;
};

/// tls.crt and tls.key (mode 0600) in `folder`, made when they are not there: P-256, ten years, for these names and addresses
/// and for localhost. Errors: E4001, E4002.
[[nodiscard]] Result<CertificateFiles> own_certificate(const std::string& folder, const std::vector<std::string>& names, WallTime now);

/// SHA-256 of the first certificate of a PEM file, "3F:2A:…". Errors: E4001.
[[nodiscard]] Result<std::string> certificate_fingerprint(const std::string& path);

}  // namespace hd
