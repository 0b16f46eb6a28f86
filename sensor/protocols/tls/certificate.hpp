// SPDX-License-Identifier: Apache-2.0
// Reads the fields of an X.509 certificate that rules ask for (RFC 5280, DER of X.690). No recursion.
#pragma once

#include "sensor/base/arena.hpp"
#include "sensor/protocols/tls/tx.hpp"

namespace hd::protocol::tls {

struct CertificateResult {
  bool is_read = false;
  Event event = Event::count_;  ///< what is wrong with it; count_: nothing
};
/// Fills `out` from DER; texts go to the arena.
[[nodiscard]] CertificateResult read_certificate(Bytes der, Arena& arena, Certificate& out) noexcept;

}  // namespace hd::protocol::tls
