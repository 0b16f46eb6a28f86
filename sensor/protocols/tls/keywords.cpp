// SPDX-License-Identifier: Apache-2.0
// Words about TLS with a syntax of their own: versions, states of the handshake, dates of certificates, and the old
// spellings that search in a certificate's fields.
#include <algorithm>
#include <optional>

#include "sensor/lang/keyword.hpp"
#include "sensor/protocols/tls/tx.hpp"

namespace hd::protocol::tls {
extern const ProtocolSpec table;
}

namespace hd::keyword::tls_words {
namespace {

using protocol::tls::TlsTx;
namespace client = protocol::tls::client_progress;
namespace server = protocol::tls::server_progress;
namespace bit = protocol::tls::state_bit;

constexpr std::array<std::uint8_t, 2> kHello = {client::hello_done, server::hello};
constexpr std::array<std::uint8_t, 2> kCertificate = {client::cert_done, server::cert_done};

Result<void> add(RuleBuilder& rule, const Args& args, TransactionCondition condition) {
  if (auto fits = rule.imply_protocol(protocol::tls::table, args.keyword()); !fits) return fits;
  condition.protocol = AppProtocol::tls;
  rule.transaction_condition(std::move(condition));
  return {};
}

const TlsTx& tx_of(const Inspection& at) noexcept { return at.tx->part<TlsTx>(); }

// -- versions --------------------------------------------------------------------------------------------------------

std::uint16_t version_at(const Inspection& at) noexcept {
  const TlsTx& tx = tx_of(at);
  return at.direction == Direction::to_client || !tx.hellos[0].is_seen ? tx.version : tx.hellos[0].version;
}

bool is_one_version(const Inspection& at, const CheckData& data) noexcept { return version_at(at) == data.number[0]; }

std::optional<std::uint16_t> version_of(std::string_view text) {
  struct Row {
    std::string_view name;
    std::uint16_t version;
  };
  constexpr Row kRows[] = {{"sslv2", 0x0002}, {"sslv3", 0x0300}, {"1.0", 0x0301}, {"1.1", 0x0302}, {"1.2", 0x0303}, {"1.3", 0x0304},
                           {"tls1.0", 0x0301}, {"tls1.1", 0x0302}, {"tls1.2", 0x0303}, {"tls1.3", 0x0304}};
  std::string small(text);
  std::transform(small.begin(), small.end(), small.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const Row& row : kRows) {
    if (small == row.name) return row.version;
  }
  return std::nullopt;
}

Result<void> compile_version(const Args& args, RuleBuilder& rule) {
  auto text = args.text().starts_with('"') ? args.quoted() : Result<std::string>(std::string(args.text()));
  if (!text) return fail(std::move(text.error()));
  std::optional<std::uint16_t> version = version_of(trim(*text));
  if (!version && text->starts_with("0x")) {
    auto number = parse_unsigned(args, trim(*text), 0, 0xffff);
    if (!number) return fail(std::move(number.error()));
    version = static_cast<std::uint16_t>(*number);
  }
  if (!version) return args.wrong("\"" + *text + "\" is no TLS version", {}, "1.0, 1.1, 1.2, 1.3, or a number such as 0x7f16");
  return add(rule, args, {.progress = kHello, .check = is_one_version, .data = {.number = {*version}}});
}

/// numbers: [0] bits of versions wanted, [1] bits of versions not wanted.
unsigned bit_of(std::uint16_t version) noexcept {
  if (version == 2) return 1;
  return version >= 0x0300 && version <= 0x0304 ? 2u << (version & 7) : 0;
}
bool is_among_versions(const Inspection& at, const CheckData& data) noexcept {
  const unsigned one = bit_of(version_at(at));
  if (one == 0) return false;
  return data.number[0] != 0 ? (data.number[0] & one) != 0 : (data.number[1] & one) == 0;
}

Result<void> compile_versions(const Args& args, RuleBuilder& rule) {
  if (args.is_empty()) return args.wrong("\"ssl_version\" needs a version");
  std::array<std::uint64_t, 4> numbers = {};
  for (std::string_view part : args.parts()) {
    const bool is_negated = part.starts_with('!');
    if (is_negated) part.remove_prefix(1);
    const auto version = version_of(trim(part));
    if (!version) return args.wrong("\"" + std::string(part) + "\" is no version", {}, "sslv2, sslv3, tls1.0, tls1.1, tls1.2, tls1.3");
    numbers[is_negated ? 1 : 0] |= bit_of(*version);
  }
  return add(rule, args, {.progress = kHello, .check = is_among_versions, .data = {.number = numbers}});
}

// -- states ----------------------------------------------------------------------------------------------------------

bool has_state(const Inspection& at, const CheckData& data) noexcept {
  constexpr std::uint32_t kOfClient = bit::client_hello | bit::client_keyx, kOfServer = bit::server_hello | bit::server_keyx;
  const std::uint32_t seen = tx_of(at).states & (at.direction == Direction::to_server ? kOfClient : kOfServer);
  if ((data.number[0] & seen) != 0) return true;
  const std::uint32_t own = at.direction == Direction::to_server ? kOfClient : kOfServer;
  return data.number[1] != 0 && seen != 0 && (data.number[1] & seen) == 0 && (own & ~data.number[1]) != 0;
}

Result<void> compile_state(const Args& args, RuleBuilder& rule) {
  struct Row {
    std::string_view name;
    std::uint32_t state;
  };
  constexpr Row kRows[] = {{"client_hello", bit::client_hello}, {"server_hello", bit::server_hello}, {"client_keyx", bit::client_keyx},
                           {"server_keyx", bit::server_keyx}, {"unknown", bit::unknown}};
  if (args.is_empty()) return args.wrong("\"ssl_state\" needs a state", {}, "client_hello, server_hello, client_keyx, server_keyx, unknown");
  std::array<std::uint64_t, 4> numbers = {};
  std::string words(args.text());
  std::replace(words.begin(), words.end(), '|', ',');
  for (std::string_view part : split(words, ',')) {
    part = trim(part);
    const bool is_negated = part.starts_with('!');
    if (is_negated) part = trim(part.substr(1));
    const Row* row = std::find_if(std::begin(kRows), std::end(kRows), [&](const Row& one) { return one.name == part; });
    if (row == std::end(kRows)) {
      return args.wrong("\"" + std::string(part) + "\" is no state", {}, "client_hello, server_hello, client_keyx, server_keyx, unknown");
    }
    numbers[is_negated ? 1 : 0] |= row->state;
  }
  return add(rule, args, {.check = has_state, .data = {.number = numbers}});
}

// -- dates -----------------------------------------------------------------------------------------------------------

const protocol::tls::Certificate* certificate_at(const Inspection& at) noexcept {
  const TlsTx& tx = tx_of(at);
  const unsigned i = index_of(at.direction);
  return tx.chain_length[i] > 0 && !tx.certificates[i].serial.empty() ? &tx.certificates[i] : nullptr;
}

enum Wanted : std::uint64_t { equal, before, after, between };

bool holds(const CheckData& data, std::int64_t value) noexcept {
  const std::int64_t first = static_cast<std::int64_t>(data.number[1]), second = static_cast<std::int64_t>(data.number[2]);
  switch (data.number[0]) {
    case before: return value < first;
    case after: return value > first;
    case between: return value > first && value < second;
    default: return value == first;
  }
}
bool begins_then(const Inspection& at, const CheckData& data) noexcept {
  const auto* certificate = certificate_at(at);
  return certificate != nullptr && holds(data, certificate->not_before);
}
bool ends_then(const Inspection& at, const CheckData& data) noexcept {
  const auto* certificate = certificate_at(at);
  return certificate != nullptr && holds(data, certificate->not_after);
}
bool is_expired(const Inspection& at, const CheckData&) noexcept {
  const auto* certificate = certificate_at(at);
  return certificate != nullptr && certificate->not_after < at.now.ns / kSecond;
}
bool is_valid(const Inspection& at, const CheckData&) noexcept {
  const auto* certificate = certificate_at(at);
  const std::int64_t now = at.now.ns / kSecond;
  return certificate != nullptr && certificate->not_before <= now && now <= certificate->not_after;
}

/// 2026, 2026-11, 2026-11-23, 2026-11-23 08, … 08:35, … 08:35:00 (a blank or T between date and time).
std::optional<std::int64_t> parse_date(std::string_view text) {
  std::array<std::int64_t, 6> parts = {0, 1, 1, 0, 0, 0};
  constexpr std::string_view kBefore[] = {"", "-", "-", " T", ":", ":"};
  constexpr std::int64_t kHighest[] = {9999, 12, 31, 23, 59, 60};
  std::size_t at = 0, i = 0;
  for (; i < 6 && at < text.size(); ++i) {
    if (i > 0 && kBefore[i].find(text[at++]) == std::string_view::npos) return std::nullopt;
    const std::size_t digits = i == 0 ? 4 : 2;
    const auto value = parse_integer(text.substr(std::min(at, text.size()), digits));
    if (!value || at + digits > text.size() || *value < (i == 1 || i == 2 ? 1 : 0) || *value > kHighest[i]) return std::nullopt;
    parts[i] = *value;
    at += digits;
  }
  if (at != text.size() || i == 0) return std::nullopt;
  const std::int64_t year = parts[0] - (parts[1] <= 2 ? 1 : 0);
  const std::int64_t of_year = (153 * (parts[1] + (parts[1] > 2 ? -3 : 9)) + 2) / 5 + parts[2] - 1;
  const std::int64_t days = year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719468;
  return ((days * 24 + parts[3]) * 60 + parts[4]) * 60 + parts[5];
}

Result<CheckData> parse_dates(const Args& args) {
  std::string_view text = trim(args.text());
  CheckData data;
  const std::size_t range = text.find("<>");
  const auto read = [&](std::string_view one, std::size_t slot) {
    const auto date = parse_date(trim(one));
    if (date) data.number[slot] = static_cast<std::uint64_t>(*date);
    return date.has_value();
  };
  bool is_right = false;
  if (range != std::string_view::npos) {
    data.number[0] = between;
    is_right = read(text.substr(0, range), 1) && read(text.substr(range + 2), 2);
  } else {
    data.number[0] = text.starts_with('<') ? before : text.starts_with('>') ? after : equal;
    is_right = read(data.number[0] == equal ? text : text.substr(1), 1);
  }
  if (!is_right) return args.wrong("\"" + std::string(text) + "\" is no date", {}, "For example <2026-11-23 or 2025<>2026-06");
  return data;
}

Result<void> compile_not_before(const Args& args, RuleBuilder& rule) {
  auto data = parse_dates(args);
  if (!data) return fail(std::move(data.error()));
  return add(rule, args, {.directions = Directions::to_client, .progress = kCertificate, .check = begins_then, .data = *data});
}
Result<void> compile_not_after(const Args& args, RuleBuilder& rule) {
  auto data = parse_dates(args);
  if (!data) return fail(std::move(data.error()));
  return add(rule, args, {.directions = Directions::to_client, .progress = kCertificate, .check = ends_then, .data = *data});
}
Result<void> compile_expired(const Args& args, RuleBuilder& rule) {
  if (auto empty = args.none(); !empty) return empty;
  return add(rule, args, {.directions = Directions::to_client, .progress = kCertificate, .check = is_expired});
}
Result<void> compile_valid(const Args& args, RuleBuilder& rule) {
  if (auto empty = args.none(); !empty) return empty;
  return add(rule, args, {.directions = Directions::to_client, .progress = kCertificate, .check = is_valid});
}

// -- old spellings ---------------------------------------------------------------------------------------------------

/// A text that a field must hold; numbers[0]: it must not.
bool holds_text(Bytes field, const CheckData& data) noexcept {
  if (field.empty()) return false;
  const std::string& wanted = *static_cast<const std::string*>(data.object.get());
  return (as_chars(field).find(wanted) != std::string_view::npos) != (data.number[0] != 0);
}
bool subject_holds(const Inspection& at, const CheckData& data) noexcept {
  return holds_text(tx_of(at).certificates[index_of(at.direction)].subject, data);
}
bool issuer_holds(const Inspection& at, const CheckData& data) noexcept {
  return holds_text(tx_of(at).certificates[index_of(at.direction)].issuer, data);
}
bool is_fingerprint(const Inspection& at, const CheckData& data) noexcept {
  return holds_text(protocol::tls::fingerprint(*at.tx, at.direction), data);
}

Result<void> compile_text(const Args& args, RuleBuilder& rule, bool (*check)(const Inspection&, const CheckData&) noexcept) {
  bool is_negated = false;
  auto text = args.quoted(&is_negated);
  if (!text) return fail(std::move(text.error()));
  if (text->empty()) return args.wrong("\"" + std::string(args.keyword()) + "\" needs a text");
  CheckData data{.number = {is_negated ? 1u : 0u}, .object = std::make_shared<const std::string>(std::move(*text))};
  return add(rule, args, {.directions = Directions::to_client, .progress = kCertificate, .check = check, .data = std::move(data)});
}
Result<void> compile_subject(const Args& args, RuleBuilder& rule) { return compile_text(args, rule, subject_holds); }
Result<void> compile_issuer(const Args& args, RuleBuilder& rule) { return compile_text(args, rule, issuer_holds); }
Result<void> compile_fingerprint(const Args& args, RuleBuilder& rule) { return compile_text(args, rule, is_fingerprint); }

/// Certificates are kept with the evidence anyway; the word alone makes a rule one about TLS.
Result<void> compile_store(const Args& args, RuleBuilder& rule) {
  if (auto empty = args.none(); !empty) return empty;
  return rule.imply_protocol(protocol::tls::table, args.keyword());
}

constexpr std::string_view kNotBefore[] = {"tls.cert_notbefore"}, kNotAfter[] = {"tls.cert_notafter"}, kExpired[] = {"tls.cert_expired"},
                           kValid[] = {"tls.cert_valid"}, kStore[] = {"tls_store"};

constexpr KeywordSpec kSpecs[] = {
    {.name = "tls.version", .summary = "version of TLS", .syntax = "1.0 | 1.1 | 1.2 | 1.3 | 0xNNNN", .example = "tls.version:1.2",
     .source = "RFC 8446 4.2.1", .scope = Scope::transaction, .compile = compile_version},
    {.name = "ssl_version", .summary = "any of several versions of SSL and TLS", .syntax = "[!]sslv2|sslv3|tls1.0 …, separated by commas",
     .example = "ssl_version:sslv3,tls1.0", .scope = Scope::transaction, .compile = compile_versions},
    {.name = "ssl_state", .summary = "how far the handshake is", .syntax = "[!]client_hello|server_hello|client_keyx|server_keyx|unknown",
     .example = "ssl_state:client_hello", .scope = Scope::transaction, .compile = compile_state},
    {.name = "tls_cert_notbefore", .aliases = kNotBefore, .summary = "begin of the certificate's validity", .syntax = "[<>]DATE | DATE<>DATE",
     .example = "tls_cert_notbefore:>2026-01", .source = "RFC 5280 4.1.2.5", .scope = Scope::transaction, .compile = compile_not_before},
    {.name = "tls_cert_notafter", .aliases = kNotAfter, .summary = "end of the certificate's validity", .syntax = "[<>]DATE | DATE<>DATE",
     .example = "tls_cert_notafter:<2026-01", .source = "RFC 5280 4.1.2.5", .scope = Scope::transaction, .compile = compile_not_after},
    {.name = "tls_cert_expired", .aliases = kExpired, .summary = "the certificate's validity is over", .example = "tls_cert_expired",
     .scope = Scope::transaction, .compile = compile_expired},
    {.name = "tls_cert_valid", .aliases = kValid, .summary = "now lies in the certificate's validity", .example = "tls_cert_valid",
     .scope = Scope::transaction, .compile = compile_valid},
    {.name = "tls.subject", .summary = "text in the certificate's subject", .syntax = "[!]\"TEXT\"", .example = "tls.subject:\"CN=a.example\"",
     .scope = Scope::transaction, .compile = compile_subject},
    {.name = "tls.issuerdn", .summary = "text in the certificate's issuer", .syntax = "[!]\"TEXT\"", .example = "tls.issuerdn:\"O=Example\"",
     .scope = Scope::transaction, .compile = compile_issuer},
    {.name = "tls.fingerprint", .summary = "SHA-1 of the certificate", .syntax = "[!]\"aa:bb:…\"", .example = "tls.fingerprint:\"3f:2a\"",
     .scope = Scope::transaction, .compile = compile_fingerprint},
    {.name = "tls.store", .aliases = kStore, .summary = "the certificate is to be kept", .example = "tls.store", .scope = Scope::output,
     .compile = compile_store},
};

}  // namespace

extern const KeywordTable table;
constinit const KeywordTable table = {.keywords = kSpecs};

}  // namespace hd::keyword::tls_words
