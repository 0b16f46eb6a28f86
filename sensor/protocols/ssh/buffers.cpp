// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/ssh/buffers.hpp"

#include "sensor/protocols/ssh/tx.hpp"

namespace hd::protocol::ssh {
namespace {

constexpr std::array<std::uint8_t, 2> kBanner = {progress::banner_done, progress::banner_done};
constexpr std::array<std::uint8_t, 2> kExchange = {progress::key_exchange, progress::key_exchange};

template <Bytes Party::* Member>
bool get(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  out.bytes = tx.part<SshTx>().parties[index_of(at.direction)].*Member;
  return !out.bytes.empty();
}

constexpr std::string_view kProto[] = {"ssh_proto"}, kSoftware[] = {"ssh_software"}, kHassh[] = {"ssh-hassh"},
                           kHasshText[] = {"ssh-hassh-string"}, kServerHassh[] = {"ssh-hassh-server"},
                           kServerHasshText[] = {"ssh-hassh-server-string"};

}  // namespace

constinit const BufferSpec kBufferRows[] = {
    {.name = "ssh.proto", .aliases = kProto, .progress = kBanner, .summary = "version of the protocol in the banner",
     .get = get<&Party::version>},
    {.name = "ssh.software", .aliases = kSoftware, .progress = kBanner, .summary = "software in the banner, without comments",
     .get = get<&Party::software>},
    {.name = "ssh.hassh", .aliases = kHassh, .directions = Directions::to_server, .progress = kExchange, .is_lowercase = true,
     .summary = "HASSH of the client, MD5", .get = get<&Party::hassh>},
    {.name = "ssh.hassh.string", .aliases = kHasshText, .directions = Directions::to_server, .progress = kExchange,
     .summary = "HASSH of the client, text", .get = get<&Party::hassh_text>},
    {.name = "ssh.hassh.server", .aliases = kServerHassh, .directions = Directions::to_client, .progress = kExchange,
     .is_lowercase = true, .summary = "HASSH of the server, MD5", .get = get<&Party::hassh>},
    {.name = "ssh.hassh.server.string", .aliases = kServerHasshText, .directions = Directions::to_client, .progress = kExchange,
     .summary = "HASSH of the server, text", .get = get<&Party::hassh_text>},
};

constinit const EventSpec kEventRows[] = {
#define HD_SSH_EVENT(name, summary) {#name, summary},
#include "sensor/protocols/ssh/events.def"
#undef HD_SSH_EVENT
};

}  // namespace hd::protocol::ssh
