// SPDX-License-Identifier: Apache-2.0
// FTP's data connections, which their control connection announced: the bytes are a file.
#include <new>

#include "sensor/app/expectations.hpp"
#include "sensor/app/parser_out.hpp"
#include "sensor/protocols/ftp_data/tx.hpp"

namespace hd::protocol::ftp_data {
namespace {

struct State {
  Transaction* tx = nullptr;
  bool is_over = false;
};

void end_file(State& state, ParserOut& out) noexcept {
  if (state.tx == nullptr) return;
  state.tx->part<FtpDataTx>().file.body.end();
  out.advance(*state.tx, Direction::to_server, progress::complete);
  out.advance(*state.tx, Direction::to_client, progress::complete);
  state.tx = nullptr;
  state.is_over = true;
}

void begin(void* memory, const ParserSettings&) noexcept { new (memory) State; }

Progress take(void* memory, Direction direction, Bytes bytes, ParserOut& out) noexcept {
  State& state = *static_cast<State*>(memory);
  if (state.tx == nullptr && !state.is_over) {
    state.tx = out.open_transaction<FtpDataTx>();
    state.is_over = state.tx == nullptr;
    if (state.tx != nullptr) {
      FtpDataTx& its = state.tx->part<FtpDataTx>();
      its.direction = direction;
      if (const Announcement* announced = out.flow().announced; announced != nullptr) {
        its.file.name = state.tx->arena.copy(announced->name_bytes());
        its.command = announced->note == 1 ? Command::retrieve : announced->note == 2 ? Command::store : Command::none;
      }
    }
  }
  if (state.is_over) return {.used = bytes.size(), .status = Progress::Status::done};
  FtpDataTx& its = state.tx->part<FtpDataTx>();
  if (its.direction == direction && !its.file.body.append(bytes, state.tx->arena, kFileRule)) out.count_memory_limit();
  return {.used = bytes.size()};
}

/// What was behind the lost bytes is not shown: it would look like another file.
bool gap(void* memory, Direction direction, std::uint64_t, ParserOut& out) noexcept {
  State& state = *static_cast<State*>(memory);
  if (state.tx != nullptr && state.tx->part<FtpDataTx>().direction == direction) end_file(state, out);
  return true;
}

void finish(void* memory, Direction direction, ParserOut& out) noexcept {
  State& state = *static_cast<State*>(memory);
  if (state.tx != nullptr && state.tx->part<FtpDataTx>().direction == direction) end_file(state, out);
}

bool get_file(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  FtpDataTx& its = tx.part<FtpDataTx>();
  return at.instance == 0 && its.direction == at.direction && its.file.give(at.is_flow_end, out.bytes, out.offset, out.is_final);
}
bool get_name(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const FtpDataTx& its = tx.part<FtpDataTx>();
  out.bytes = its.file.name;
  return at.instance == 0 && its.direction == at.direction && !out.bytes.empty();
}

constexpr std::string_view kFileNames[] = {"file_data"};
constexpr BufferSpec kBufferRows[] = {
    {.name = "file.data", .aliases = kFileNames, .is_multi = true, .is_growing = true, .summary = "the file", .get = get_file},
    {.name = "file.name", .is_multi = true, .summary = "name of the file", .get = get_name},
};

void record(const Transaction& tx, RecordSink& sink) noexcept {
  const FtpDataTx& its = tx.part<FtpDataTx>();
  if (!its.file.name.empty()) sink.text("filename", its.file.name);
  if (its.command != Command::none) sink.text("command", its.command == Command::retrieve ? std::string_view("RETR") : std::string_view("STOR"));
}

constexpr std::string_view kProgress[] = {"started", "complete"};

}  // namespace

extern const ProtocolSpec table;
constinit const ProtocolSpec table = {
    .name = "ftp-data",
    .id = AppProtocol::ftp_data,
    .transports = transport::tcp,
    .state_size = sizeof(State),
    .begin = begin,
    .take = take,
    .gap = gap,
    .finish = finish,
    .complete = {progress::complete, progress::complete},
    .progress_names = {kProgress, kProgress},
    .buffers = kBufferRows,
    .record_key = "ftp_data",
    .record = record,
};

}  // namespace hd::protocol::ftp_data
