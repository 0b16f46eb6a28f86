// SPDX-License-Identifier: Apache-2.0
// TFTP's requests (RFC 1350). The data goes over other ports, and is no part of the flow.
#include "sensor/app/parser_out.hpp"
#include "sensor/base/ascii.hpp"

namespace hd::protocol::tftp {
namespace {

struct TftpTx {
  bool is_write = false;
  Bytes file = {};
  Bytes mode = {};
};

/// Code, name, mode, each text ended by a zero byte.
bool read(Bytes bytes, TftpTx& tx) noexcept {
  if (bytes.size() < 6) return false;
  const std::uint16_t code = load_be16(bytes.data());
  if (code != 1 && code != 2) return false;
  tx.is_write = code == 2;
  const std::size_t name_end = ascii::find(bytes, '\0', 2);
  if (name_end == 2 || name_end + 1 >= bytes.size()) return false;
  const std::size_t mode_end = ascii::find(bytes, '\0', name_end + 1);
  if (mode_end == bytes.size()) return false;
  tx.file = bytes.subspan(2, name_end - 2);
  tx.mode = bytes.subspan(name_end + 1, mode_end - name_end - 1);
  return ascii::equal(tx.mode, "netascii") || ascii::equal(tx.mode, "octet") || ascii::equal(tx.mode, "mail");
}

Progress take(void*, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  TftpTx seen;
  if (direction != Direction::to_server || !read(bytes, seen)) return {.used = bytes.size()};
  Transaction* tx = out.open_transaction<TftpTx>();
  if (tx == nullptr) return {.used = bytes.size()};
  TftpTx& its = tx->part<TftpTx>();
  if (!read(tx->arena.copy(bytes), its)) out.count_memory_limit();
  tx->is_skipped[index_of(Direction::to_client)] = true;
  out.advance(*tx, direction, 1);
  return {.used = bytes.size()};
}

bool gap(void*, Direction, std::uint64_t, ParserOut&) noexcept { return true; }

Recognition probe(Bytes bytes, Direction direction, bool) noexcept {
  TftpTx seen;
  return direction == Direction::to_server && read(bytes, seen) ? Recognition::yes : Recognition::no;
}

void record(const Transaction& tx, RecordSink& sink) noexcept {
  const TftpTx& its = tx.part<TftpTx>();
  sink.text("packet", its.is_write ? std::string_view("write") : std::string_view("read"));
  sink.text("file", its.file);
  sink.text("mode", its.mode);
}

constexpr std::uint16_t kPorts[] = {69};
constexpr std::string_view kRequestProgress[] = {"request_started", "request_complete"};
constexpr std::string_view kResponseProgress[] = {"response_started", "response_complete"};

}  // namespace

extern const ProtocolSpec table;
constinit const ProtocolSpec table = {
    .name = "tftp",
    .id = AppProtocol::tftp,
    .transports = transport::udp,
    .probe = probe,
    .udp_ports = kPorts,
    .take = take,
    .gap = gap,
    .complete = {1, 1},
    .progress_names = {kRequestProgress, kResponseProgress},
    .record_key = "tftp",
    .record = record,
};

}  // namespace hd::protocol::tftp
