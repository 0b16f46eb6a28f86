// SPDX-License-Identifier: Apache-2.0
// The EVE object "ssh".
#include "sensor/protocols/ssh/buffers.hpp"
#include "sensor/protocols/ssh/tx.hpp"

namespace hd::protocol::ssh {

void record(const Transaction& tx, RecordSink& sink) noexcept {
  const auto put = [&sink](const Party& party, std::string_view key) {
    if (party.version.empty()) return;
    sink.begin_object(key);
    sink.text("proto_version", party.version);
    if (!party.software.empty()) sink.text("software_version", party.software);
    if (!party.hassh.empty()) {
      sink.begin_object("hassh");
      sink.text("hash", party.hassh);
      sink.text("string", party.hassh_text);
      sink.end_object();
    }
    sink.end_object();
  };
  put(tx.part<SshTx>().parties[0], "client");
  put(tx.part<SshTx>().parties[1], "server");
}

}  // namespace hd::protocol::ssh
