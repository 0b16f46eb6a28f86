// SPDX-License-Identifier: Apache-2.0
// The EVE object "tls".
#include "sensor/files/digest.hpp"
#include "sensor/protocols/tls/buffers.hpp"
#include "sensor/protocols/tls/tx.hpp"

namespace hd::protocol::tls {
namespace {

/// "2026-11-23T08:35:00" of seconds since 1970.
void put_time(RecordSink& sink, std::string_view key, std::int64_t seconds) noexcept {
  const std::int64_t day = seconds >= 0 ? seconds / 86400 : -((86399 - seconds) / 86400);
  std::int64_t rest = seconds - day * 86400;
  const std::int64_t shifted = day + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t of_era = shifted - era * 146097;
  const std::int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
  const std::int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_index = (5 * of_year + 2) / 153;
  const std::int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  const std::int64_t parts[] = {year, month, of_year - (153 * month_index + 2) / 5 + 1, rest / 3600, rest / 60 % 60, rest % 60};
  std::array<std::uint8_t, 19> text = {'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0', '0', ':', '0', '0', ':', '0', '0'};
  constexpr std::size_t kEnds[] = {3, 6, 9, 12, 15, 18};
  for (std::size_t i = 0; i < 6; ++i) {
    std::int64_t value = parts[i];
    for (std::size_t digit = 0; digit < (i == 0 ? 4u : 2u); ++digit, value /= 10) {
      text[kEnds[i] - digit] = static_cast<std::uint8_t>('0' + value % 10);
    }
  }
  sink.text(key, Bytes(text));
}

void put_fingerprint(RecordSink& sink, Bytes der) noexcept {
  constexpr std::string_view kHex = "0123456789abcdef";
  Sha1 digest;
  digest.add(der);
  std::array<std::uint8_t, 59> text;
  std::size_t size = 0;
  for (const std::uint8_t byte : digest.finish()) {
    if (size > 0) text[size++] = ':';
    text[size++] = static_cast<std::uint8_t>(kHex[byte >> 4]);
    text[size++] = static_cast<std::uint8_t>(kHex[byte & 15]);
  }
  sink.text("fingerprint", Bytes(text));
}

void put_ja3(RecordSink& sink, std::string_view key, Bytes hash, Bytes text) noexcept {
  if (hash.empty()) return;
  sink.begin_object(key);
  sink.text("hash", hash);
  sink.text("string", text);
  sink.end_object();
}

}  // namespace

void record(const Transaction& tx, RecordSink& sink) noexcept {
  const TlsTx& its = tx.part<TlsTx>();
  const Certificate& server = its.certificates[1];
  if (!server.subject.empty()) sink.text("subject", server.subject);
  if (!server.issuer.empty()) sink.text("issuerdn", server.issuer);
  if (its.is_resumed) sink.flag("session_resumed", true);
  if (!server.serial.empty()) sink.text("serial", server.serial);
  if (its.chain_length[1] > 0) put_fingerprint(sink, its.chains[1][0]);
  if (!its.sni.empty()) sink.text("sni", its.sni);
  if (const std::string_view version = version_name(its.version); !version.empty()) sink.text("version", version);
  if (!server.serial.empty()) {
    put_time(sink, "notbefore", server.not_before);
    put_time(sink, "notafter", server.not_after);
  }
  put_ja3(sink, "ja3", its.ja3_hash[0], its.ja3_text[0]);
  put_ja3(sink, "ja3s", its.ja3_hash[1], its.ja3_text[1]);
  if (!its.ja4.empty()) sink.text("ja4", its.ja4);
  if (its.hellos[0].alpn_count > 0) {
    sink.begin_array("client_alpns");
    for (std::uint16_t i = 0; i < its.hellos[0].alpn_count; ++i) sink.text({}, its.hellos[0].alpn[i]);
    sink.end_array();
  }
}

}  // namespace hd::protocol::tls
