// SPDX-License-Identifier: Apache-2.0
// ftpdata_command: what the control connection said of the file.
#include "sensor/lang/keyword.hpp"
#include "sensor/protocols/ftp_data/tx.hpp"

namespace hd::protocol::ftp_data {
extern const ProtocolSpec table;
}

namespace hd::keyword::ftp_data_words {
namespace {

using protocol::ftp_data::Command;
using protocol::ftp_data::FtpDataTx;

bool is_command(const Inspection& at, const CheckData& data) noexcept {
  return static_cast<std::uint64_t>(at.tx->part<FtpDataTx>().command) == data.number[0];
}

Result<void> compile_command(const Args& args, RuleBuilder& rule) {
  const bool is_store = args.text() == "stor";
  if (!is_store && args.text() != "retr") return args.wrong("\"ftpdata_command\" needs retr or stor");
  if (auto fits = rule.imply_protocol(protocol::ftp_data::table, args.keyword()); !fits) return fits;
  const auto wanted = static_cast<std::uint64_t>(is_store ? Command::store : Command::retrieve);
  rule.transaction_condition({.protocol = AppProtocol::ftp_data, .check = is_command, .data = {.number = {wanted}}});
  return {};
}

constexpr KeywordSpec kSpecs[] = {
    {.name = "ftpdata_command", .summary = "the data connection belongs to this command", .syntax = "retr|stor",
     .example = "ftpdata_command:stor", .source = "RFC 959 4.1.3", .scope = Scope::transaction, .compile = compile_command},
};

}  // namespace

extern const KeywordTable table;
constinit const KeywordTable table = {.keywords = kSpecs};

}  // namespace hd::keyword::ftp_data_words
