// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/ftp/buffers.hpp"

#include "sensor/protocols/ftp/tx.hpp"

namespace hd::protocol::ftp {
namespace {

constexpr std::array<std::uint8_t, 2> kCommand = {progress::command, progress::command};
constexpr std::array<std::uint8_t, 2> kReplies = {progress::complete, progress::complete};

bool give(Bytes bytes, Buffer& out) noexcept {
  out.bytes = bytes;
  return !bytes.empty();
}
bool get_command(Transaction& tx, const BufferRequest&, Buffer& out) noexcept { return give(tx.part<FtpTx>().command, out); }
bool get_argument(Transaction& tx, const BufferRequest&, Buffer& out) noexcept { return give(tx.part<FtpTx>().argument, out); }
bool get_reply(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const FtpTx& its = tx.part<FtpTx>();
  if (at.instance >= its.reply_count) return false;
  out.bytes = its.replies[at.instance].text;
  return true;
}
bool get_code(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const FtpTx& its = tx.part<FtpTx>();
  if (at.instance >= its.reply_count) return false;
  out.bytes = its.replies[at.instance].code;
  return true;
}

bool dynamic_port(const Transaction& tx, Direction, unsigned instance, std::uint64_t& out) noexcept {
  out = tx.part<FtpTx>().dynamic_port;
  return instance == 0 && out != 0;
}
bool mode(const Transaction& tx, Direction, unsigned instance, std::uint64_t& out) noexcept {
  out = tx.part<FtpTx>().is_active ? 1 : 0;
  return instance == 0 && tx.part<FtpTx>().dynamic_port != 0;
}
bool reply_received(const Transaction& tx, Direction, unsigned instance, std::uint64_t& out) noexcept {
  out = tx.part<FtpTx>().has_reply ? 1 : 0;
  return instance == 0 && !tx.part<FtpTx>().command.empty();
}

constexpr FieldName kModes[] = {{"passive", 0}, {"active", 1}};
constexpr FieldName kAnswers[] = {{"no", 0}, {"false", 0}, {"off", 0}, {"yes", 1}, {"true", 1}, {"on", 1}};

}  // namespace

constinit const BufferSpec kBufferRows[] = {
    {.name = "ftp.command", .directions = Directions::to_server, .progress = kCommand, .summary = "word of the command",
     .get = get_command},
    {.name = "ftp.command_data", .directions = Directions::to_server, .progress = kCommand, .summary = "argument of the command",
     .get = get_argument},
    {.name = "ftp.reply", .directions = Directions::to_client, .progress = kReplies, .is_multi = true,
     .summary = "text of each line of the reply", .get = get_reply},
    {.name = "ftp.completion_code", .directions = Directions::to_client, .progress = kReplies, .is_multi = true,
     .summary = "code of each line of the reply", .get = get_code},
};

constinit const FieldSpec kFieldRows[] = {
    {.name = "ftp.dynamic_port", .width = 16, .progress = kCommand, .summary = "port that was agreed for the data connection",
     .get = dynamic_port},
    {.name = "ftp.mode", .width = 8, .progress = kCommand, .names = kModes, .summary = "who opens the data connection: active, passive",
     .get = mode},
    {.name = "ftp.reply_received", .width = 8, .directions = Directions::to_client, .progress = kReplies, .names = kAnswers,
     .summary = "whether a reply was seen: yes, no", .get = reply_received},
};

constinit const EventSpec kEventRows[] = {
#define HD_FTP_EVENT(name, summary) {#name, summary},
#include "sensor/protocols/ftp/events.def"
#undef HD_FTP_EVENT
};

}  // namespace hd::protocol::ftp
