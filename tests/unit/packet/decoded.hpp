// SPDX-License-Identifier: Apache-2.0
// Decodes packets of the builder and answers questions about the views.
#pragma once

#include "sensor/packet/decoder.hpp"
#include "sensor/packet/defrag.hpp"
#include "tests/support/packet_builder.hpp"

#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace hd::test {

/// A decoder with its memory; keeps the bytes of the last batch.
class Decoded {
 public:
  explicit Decoded(const DecoderOptions& options = {},
                   const DefragOptions& defrag = {.datagrams_max = 64, .memory = 1u << 20})
      : defragmenter_(defrag), decoder_(options, defragmenter_), batch_(std::make_unique<Batch>()) {}

  /// One batch; packets are `gap` apart, beginning where the last batch ended.
  Decoded& take(std::vector<Packet> packets, std::uint16_t link = link_type::ethernet,
                Nanos gap = kMillisecond) {
    packets_ = std::move(packets);
    RawBatch raw;
    for (const Packet& packet : packets_) {
      const auto length = static_cast<std::uint32_t>(packet.size());
      now_ = now_ + gap;
      raw.packets[raw.count++] = {.data = packet.data(),
                                  .time = now_,
                                  .caplen = length,
                                  .wirelen = length,
                                  .number = ++number_,
                                  .link = link};
    }
    decoder_.decode_batch(raw, *batch_);
    return *this;
  }
  Decoded& take(const Packet& packet, std::uint16_t link = link_type::ethernet) {
    return take(std::vector<Packet>{packet}, link);
  }
  Decoded& take(const Network& network) { return take(ethernet(network)); }
  Decoded& take(const RawBatch& raw) {
    decoder_.decode_batch(raw, *batch_);
    return *this;
  }

  [[nodiscard]] std::size_t count() const { return batch_->count; }
  [[nodiscard]] const PacketView& view(std::size_t index = 0) const { return batch_->views.at(index); }
  [[nodiscard]] const PacketView& last() const { return batch_->views.at(batch_->count - 1u); }
  [[nodiscard]] std::string payload(std::size_t index = 0) const {
    return std::string(as_chars(view(index).payload_bytes()));
  }
  /// Names of the events of a view, with a space between.
  [[nodiscard]] std::string events(std::size_t index = 0) const {
    std::string result;
    batch_->events.at(view(index).events).for_each([&](DecodeEvent event) {
      result += (result.empty() ? "" : " ") + std::string(name_of(event));
    });
    return result;
  }
  [[nodiscard]] const DecodeCounters& counters() const { return decoder_.counters(); }
  [[nodiscard]] const DefragCounters& defrag() const { return defragmenter_.counters(); }
  [[nodiscard]] const Batch& batch() const { return *batch_; }
  void wait(Nanos time) { now_ = now_ + time; }

 private:
  Defragmenter defragmenter_;
  Decoder decoder_;
  std::unique_ptr<Batch> batch_;
  std::vector<Packet> packets_ = {};
  PacketTime now_ = {1'700'000'000 * kSecond};
  std::uint32_t number_ = 0;
};

}  // namespace hd::test
