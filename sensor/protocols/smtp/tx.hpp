// SPDX-License-Identifier: Apache-2.0
// What an SMTP transaction keeps: one mail with its envelope. All bytes lie in its arena.
#pragma once

#include <array>
#include <cstdint>

#include "sensor/app/transaction.hpp"
#include "sensor/protocols/smtp/mail.hpp"

namespace hd::protocol::smtp {

/// Progress of either direction.
namespace progress {
inline constexpr std::uint8_t started = 0, sender = 1, envelope = 2, headers = 3, complete = 4;
}

enum class Event : std::uint8_t {
#define HD_SMTP_EVENT(name, summary) name,
#include "sensor/protocols/smtp/events.def"
#undef HD_SMTP_EVENT
  count_,
};

struct SmtpTx {
  static constexpr std::size_t kRecipientsMax = 64;
  Bytes helo = {};
  Bytes mail_from = {};
  std::array<Bytes, kRecipientsMax> recipients = {};
  std::uint16_t recipient_count = 0;
  bool is_data = false;      ///< DATA or BDAT was asked for
  bool is_done = false;
  Mail* mail = nullptr;
};

}  // namespace hd::protocol::smtp
