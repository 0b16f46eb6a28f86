// SPDX-License-Identifier: Apache-2.0
// ftpbounce: PORT that sends the server to another host than the client.
#include "sensor/lang/keyword.hpp"
#include "sensor/protocols/ftp/tx.hpp"

namespace hd::protocol::ftp {
extern const ProtocolSpec table;
}

namespace hd::keyword::ftp_words {
namespace {

bool is_bounce(const Inspection& at, const CheckData&) noexcept {
  const auto& tx = at.tx->part<protocol::ftp::FtpTx>();
  return tx.is_port && at.flow != nullptr && at.flow->client.is_ip4() && at.flow->client.ip4() != tx.port_address;
}

Result<void> compile_bounce(const Args& args, RuleBuilder& rule) {
  if (auto empty = args.none(); !empty) return empty;
  if (auto fits = rule.imply_protocol(protocol::ftp::table, args.keyword()); !fits) return fits;
  rule.transaction_condition({.protocol = AppProtocol::ftp,
                              .directions = Directions::to_server,
                              .progress = {protocol::ftp::progress::command, protocol::ftp::progress::command},
                              .check = is_bounce});
  return {};
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "ftpbounce", .summary = "PORT names another host than the client", .example = "ftpbounce", .source = "RFC 2577 3",
     .scope = Scope::transaction, .compile = compile_bounce},
};

}  // namespace

extern const KeywordTable table;
constinit const KeywordTable table = {.keywords = kSpecs};

}  // namespace hd::keyword::ftp_words
