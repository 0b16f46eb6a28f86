// SPDX-License-Identifier: Apache-2.0
#include "sensor/capture/source.hpp"
#include "tests/unit/capture/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

namespace hd::test {
namespace {

constexpr PacketTime kTime{1'700'000'000 * kSecond + 123'456'789};

Packet frame(std::string_view text, std::uint16_t port = 53) {
  return ethernet(ip4({}, udp({.target_port = port}, text)));
}

std::vector<TimedPacket> three() {
  return {{kTime, frame("one")},
          {kTime + kSecond, frame("two", 80)},
          {kTime + 2 * kSecond, frame("three"), 1500}};
}

/// All packets of a source, with copies of their bytes.
struct Seen {
  RawPacket packet = {};
  Packet bytes = {};
};
std::vector<Seen> read_all(Source& source, int wait_ms = 0) {
  std::vector<Seen> result;
  RawBatch batch;
  for (;;) {
    const SourceState state = source.next_batch(batch, wait_ms);
    for (const RawPacket& packet : batch.all())
      result.push_back({packet, {packet.data, packet.data + packet.caplen}});
    if (state == SourceState::end) return result;
  }
}

std::unique_ptr<Source> open_or_die(const std::string& path, const CaptureOptions& options = {}) {
  auto source = open_capture_file(path, options);
  if (!source) ADD_FAILURE() << to_text(source.error());
  return source ? std::move(*source) : nullptr;
}

TEST(CaptureFile, ReadsPcapOfBothByteOrdersAndClocks) {
  const TemporaryFolder folder;
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    for (const bool is_nano : {false, true}) {
      const auto source = open_or_die(
          folder.write("x.pcap", pcap_bytes(three(), {.order = order, .is_nano = is_nano, .link = 101})));

      const std::vector<Seen> seen = read_all(*source);

      ASSERT_EQ(seen.size(), 3u);
      EXPECT_EQ(seen[0].packet.time.ns, is_nano ? kTime.ns : kTime.ns / 1000 * 1000);
      EXPECT_EQ(seen[1].bytes, frame("two", 80));
      EXPECT_EQ(seen[2].packet.number, 3u);
      EXPECT_EQ(seen[2].packet.wirelen, 1500u);
      EXPECT_EQ(seen[2].packet.link, 101);
      EXPECT_EQ(source->stats().received, 3u);
      EXPECT_FALSE(source->stats().is_truncated);
    }
  }
}

TEST(CaptureFile, ReadsPcapngWithSeveralInterfaces) {
  const TemporaryFolder folder;
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    FileWriter nano(order);
    nano.u16(9).u16(1).raw(from_hex("09")).pad();
    FileWriter binary(order);  // 2^-10 seconds, a day later
    binary.u16(9).u16(1).raw(from_hex("8a")).pad().u16(14).u16(8).u64(86'400).u16(0).u16(0);
    Packet file = ng_section(order);
    put(file, ng_interface(1, {}, order));
    put(file, ng_interface(101, nano.bytes(), order));
    put(file, ng_interface(113, binary.bytes(), order));
    put(file, ng_block(0x0badf00d, FileWriter(order), order));  // a kind that nobody knows
    put(file, ng_packet(0, 1'700'000'000'123'456, frame("one"), order));
    put(file, ng_packet(1, 1'700'000'000'123'456'789, frame("two"), order));
    put(file, ng_packet(2, 1536, frame("three"), order));
    FileWriter simple(order);
    simple.u32(5).raw(from_hex("0102030405"));
    put(file, ng_block(3, simple, order));

    const std::vector<Seen> seen = read_all(*open_or_die(folder.write("x.pcapng", file)));

    ASSERT_EQ(seen.size(), 4u);
    EXPECT_EQ(seen[0].packet.time.ns, kTime.ns / 1000 * 1000);
    EXPECT_EQ(seen[1].packet.time, kTime);
    EXPECT_EQ(seen[1].packet.link, 101);
    EXPECT_EQ(seen[2].packet.time.ns, 86'401 * kSecond + kSecond / 2);
    EXPECT_EQ(seen[2].bytes, frame("three"));
    EXPECT_EQ(seen[3].bytes, from_hex("0102030405"));
  }
}

TEST(CaptureFile, ReadsSectionsOfDifferentByteOrder) {
  const TemporaryFolder folder;
  Packet file;
  for (const ByteOrder order : {ByteOrder::little, ByteOrder::big}) {
    put(file, ng_section(order));
    put(file, ng_interface(1, {}, order));
    put(file, ng_packet(0, 1, frame("one"), order));
  }

  EXPECT_EQ(read_all(*open_or_die(folder.write("x.pcapng", file))).size(), 2u);
}

TEST(CaptureFile, GoesOnBehindAPacketBlockThatMakesNoSense) {
  const TemporaryFolder folder;
  Packet file = ng_section();
  put(file, ng_interface(1));
  put(file, ng_packet(7, 1, frame("nobody's")));
  put(file, ng_packet(0, 1, frame("one")));
  const auto source = open_or_die(folder.write("x.pcapng", file));

  EXPECT_EQ(read_all(*source).size(), 1u);
  EXPECT_EQ(source->stats().remark, "a packet block makes no sense");
}

TEST(CaptureFile, ReadsAsFarAsACutFileGoes) {
  const TemporaryFolder folder;
  const Packet whole = pcap_bytes(three());
  const std::size_t third = whole.size() - frame("three").size() - 16;
  for (const std::size_t length : {whole.size() - 1, third + 16, third + 15, third + 1}) {
    const auto source = open_or_die(folder.write("x.pcap", Bytes(whole).first(length)));

    EXPECT_EQ(read_all(*source).size(), 2u) << length;

    EXPECT_TRUE(source->stats().is_truncated);
    EXPECT_EQ(source->stats().cut_at_byte, third);
  }
  const auto exact = open_or_die(folder.write("x.pcap", Bytes(whole).first(third)));
  EXPECT_EQ(read_all(*exact).size(), 2u);
  EXPECT_FALSE(exact->stats().is_truncated);
}

TEST(CaptureFile, StopsAtALengthThatCannotBe) {
  const TemporaryFolder folder;
  Packet file = pcap_bytes(three());
  file[24 + 16 + frame("one").size() + 11] = 0x7f;  // two gigabytes
  const auto source = open_or_die(folder.write("x.pcap", file));

  EXPECT_EQ(read_all(*source).size(), 1u);

  EXPECT_EQ(source->stats().cut_at_byte, 24 + 16 + frame("one").size());
  EXPECT_EQ(source->stats().remark, "a record has an impossible length");
}

TEST(CaptureFile, SaysWhatAFileLooksLikeThatIsNone) {
  const TemporaryFolder folder;
  struct Case {
    Packet bytes;
    const char* says;
  };
  for (const Case& one :
       {Case{bytes_of("PK\x03\x04 and so on, and so on"), "it starts with 50 4b 03 04: a ZIP archive"},
        Case{bytes_of("\x1f\x8b"), "it starts with 1f 8b: gzip"}, Case{{}, "it is empty"},
        Case{pcap_bytes({}).size() == 24 ? Packet(23, 0xa1) : Packet{}, "it starts with a1 a1 a1 a1"}}) {
    const auto source = open_capture_file(folder.write("x.pcap", one.bytes));

    ASSERT_FALSE(source);
    EXPECT_EQ(source.error().code, ErrorCode::E5001);
    EXPECT_NE(source.error().what.find(one.says), std::string::npos) << source.error().what;
  }
}

TEST(CaptureFile, SaysWhyItCannotBeOpened) {
  const TemporaryFolder folder;

  EXPECT_NE(open_capture_file(folder.path() + "/nowhere.pcap").error().what.find("No such file"),
            std::string::npos);
  EXPECT_NE(open_capture_file(folder.path()).error().what.find("it is a folder"), std::string::npos);
}

TEST(CaptureFile, ReadsACaptureWithoutPackets) {
  const TemporaryFolder folder;
  const auto source = open_or_die(folder.write("x.pcap", pcap_bytes({})));

  EXPECT_TRUE(read_all(*source).empty());
  EXPECT_FALSE(source->stats().is_truncated);
}

TEST(CaptureFile, NamesALinkTypeThatNobodyDecodes) {
  const TemporaryFolder folder;
  const auto source = open_or_die(folder.write("x.pcap", pcap_bytes(three(), {.link = 147})));

  EXPECT_EQ(read_all(*source).size(), 3u);
  EXPECT_NE(source->stats().remark.find("link type 147"), std::string::npos);
}

TEST(CaptureFile, CountsWhatTheFilterLeavesOut) {
  const TemporaryFolder folder;
  const auto source = open_or_die(folder.write("x.pcap", pcap_bytes(three())), {.filter = "udp port 80"});

  const std::vector<Seen> seen = read_all(*source);

  ASSERT_EQ(seen.size(), 1u);
  EXPECT_EQ(seen[0].packet.number, 2u);  // as it is in the file
  EXPECT_EQ(source->stats().received, 3u);
  EXPECT_EQ(source->stats().filtered, 2u);
}

TEST(CaptureFile, RefusesAFilterThatCannotBeCompiled) {
  const TemporaryFolder folder;
  const auto source =
      open_capture_file(folder.write("x.pcap", pcap_bytes(three())), {.filter = "port ninety"});

  ASSERT_FALSE(source);
  EXPECT_NE(source.error().what.find("port ninety"), std::string::npos);
}

TEST(CaptureFile, CutsFramesAtTheSnapLength) {
  const TemporaryFolder folder;
  const std::vector<Seen> seen =
      read_all(*open_or_die(folder.write("x.pcap", pcap_bytes(three())), {.snaplen = 20}));

  ASSERT_EQ(seen.size(), 3u);
  EXPECT_EQ(seen[0].packet.caplen, 20u);
  EXPECT_EQ(seen[0].packet.wirelen, frame("one").size());
}

TEST(CaptureFolder, ReadsFilesInTheOrderOfTheirNames) {
  const TemporaryFolder folder;
  folder.write("b.pcap", pcap_bytes({{kTime, frame("second")}, {kTime, frame("third")}}));
  folder.write("a.pcapng", [] {
    Packet file = ng_section();
    put(file, ng_interface(1));
    put(file, ng_packet(0, 1, frame("first")));
    return file;
  }());
  folder.write("c.cap", pcap_bytes({{kTime, frame("fourth")}}));
  folder.write("notes.txt", bytes_of("no capture"));
  auto source = open_capture_folder(folder.path());
  ASSERT_TRUE(source);

  const std::vector<Seen> seen = read_all(**source);

  ASSERT_EQ(seen.size(), 4u);
  EXPECT_EQ(seen[0].bytes, frame("first"));
  EXPECT_EQ(seen[3].bytes, frame("fourth"));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(seen[i].packet.number, i + 1);
  EXPECT_EQ((*source)->stats().received, 4u);
}

TEST(CaptureFolder, NamesAFileThatIsNoCaptureAndReadsTheOthers) {
  const TemporaryFolder folder;
  folder.write("a.pcap", bytes_of("not a capture at all, really not"));
  folder.write("b.pcap", pcap_bytes(three()));
  auto source = open_capture_folder(folder.path());
  ASSERT_TRUE(source);

  EXPECT_EQ(read_all(**source).size(), 3u);
  EXPECT_NE((*source)->stats().remark.find("a.pcap"), std::string::npos);
}

TEST(CaptureFolder, RefusesAFolderWithoutCaptures) {
  EXPECT_FALSE(open_capture_folder(TemporaryFolder().path()));
}

/// Writes a pipe in pieces of `piece` bytes while it is read.
std::vector<Seen> through_a_pipe(const Packet& bytes, std::size_t piece, SourceStats* stats) {
  int ends[2] = {};
  HD_ASSERT(pipe(ends) == 0);
  std::thread writer([&] {
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      HD_ASSERT(write(ends[1], bytes.data() + at, std::min(piece, bytes.size() - at)) > 0);
    }
    close(ends[1]);
  });
  const auto source = open_or_die("/dev/fd/" + std::to_string(ends[0]));
  std::vector<Seen> seen = read_all(*source, -1);
  *stats = source->stats();
  writer.join();
  close(ends[0]);
  return seen;
}

TEST(CaptureStream, ReadsAPipeHoweverItIsCut) {
  std::vector<TimedPacket> packets;
  for (int i = 0; i < 100; ++i)
    packets.push_back({kTime, frame(std::string(static_cast<std::size_t>(i) * 7, 'x'))});
  const Packet file = pcap_bytes(packets);
  for (const std::size_t piece : {std::size_t{1}, std::size_t{17}, std::size_t{4096}}) {
    SourceStats stats;

    const std::vector<Seen> seen = through_a_pipe(file, piece, &stats);

    ASSERT_EQ(seen.size(), packets.size());
    for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i].bytes, packets[i].bytes);
    EXPECT_FALSE(stats.is_truncated);
  }
}

TEST(CaptureStream, ReadsMoreThanItsBufferHolds) {
  std::vector<TimedPacket> packets(150, {kTime, Packet(65'000, 7)});
  SourceStats stats;

  EXPECT_EQ(through_a_pipe(pcap_bytes(packets), 50'000, &stats).size(), packets.size());
}

TEST(CaptureStream, SaysWhereAPipeWasCut) {
  const Packet whole = pcap_bytes(three());
  SourceStats stats;

  EXPECT_EQ(through_a_pipe({whole.begin(), whole.end() - 1}, 10, &stats).size(), 2u);

  EXPECT_TRUE(stats.is_truncated);
  EXPECT_EQ(stats.cut_at_byte, whole.size() - frame("three").size() - 16);
}

TEST(SourceNames, SayKindAndTarget) {
  EXPECT_EQ(parse_source("af_packet:eth1")->kind, "af_packet");
  EXPECT_EQ(parse_source("pcap:eth1")->target, "eth1");
  EXPECT_EQ(parse_source("pcap_file:a:b.pcap")->target, "a:b.pcap");
  EXPECT_EQ(parse_source("-")->kind, "pcap_file");
  EXPECT_FALSE(parse_source("af_packet:"));
  EXPECT_FALSE(parse_source("netmap:eth1"));
}

}  // namespace
}  // namespace hd::test
