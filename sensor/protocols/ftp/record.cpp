// SPDX-License-Identifier: Apache-2.0
// The EVE object "ftp".
#include "sensor/protocols/ftp/buffers.hpp"
#include "sensor/protocols/ftp/tx.hpp"

namespace hd::protocol::ftp {

void record(const Transaction& tx, RecordSink& sink) noexcept {
  const FtpTx& its = tx.part<FtpTx>();
  if (!its.command.empty()) sink.text("command", its.command);
  if (!its.argument.empty()) sink.text("command_data", its.argument);
  if (its.dynamic_port != 0) {
    sink.number("dynamic_port", its.dynamic_port);
    sink.text("mode", its.is_active ? std::string_view("active") : std::string_view("passive"));
  }
  if (its.reply_count > 0) {
    sink.begin_array("completion_code");
    for (std::size_t i = 0; i < its.reply_count; ++i) {
      if (!its.replies[i].code.empty()) sink.text({}, its.replies[i].code);
    }
    sink.end_array();
    sink.begin_array("reply");
    for (std::size_t i = 0; i < its.reply_count; ++i) sink.text({}, its.replies[i].text);
    sink.end_array();
  }
  sink.text("reply_received", its.has_reply ? std::string_view("yes") : std::string_view("no"));
}

}  // namespace hd::protocol::ftp
