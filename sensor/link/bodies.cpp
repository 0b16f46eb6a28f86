// SPDX-License-Identifier: Apache-2.0
#include "sensor/link/bodies.hpp"

#include <algorithm>
#include <cstring>

namespace hd {
namespace {

constexpr std::size_t kTextMax = 200;

class Writer {
 public:
  template <class T>
  Writer& put(T value) {
    const std::size_t at = out_.size();
    out_.resize(at + sizeof(T));
    store(out_.data() + at, value);
    return *this;
  }
  Writer& put(const Chain& chain) { return bytes(chain); }
  Writer& put(LaneKey lane) { return put(lane.epoch).put(std::uint64_t{lane.lane}); }
  Writer& bytes(Bytes bytes) {
    out_.insert(out_.end(), bytes.begin(), bytes.end());
    return *this;
  }
  Payload take() { return std::move(out_); }

 private:
  Payload out_;
};

Chain read_chain(Cursor& in) {
  Chain chain{};
  const Bytes bytes = in.bytes(chain.size());
  if (!bytes.empty()) std::memcpy(chain.data(), bytes.data(), chain.size());
  return chain;
}

bool read_lane(Cursor& in, LaneKey* lane) {
  lane->epoch = in.le64();
  const std::uint64_t number = in.le64();
  if (in.short_read() || number >= kLaneCount) return false;
  lane->lane = static_cast<std::uint8_t>(number);
  return true;
}

std::int64_t read_time(Cursor& in) { return static_cast<std::int64_t>(in.le64()); }

// How many entries of `size` bytes stand before `tail` bytes; -1 when the length does not fit, or there are too many.
std::ptrdiff_t entries(const Cursor& in, std::size_t size, std::size_t tail) {
  if (in.left() < tail || (in.left() - tail) % size != 0) return -1;
  const std::size_t count = (in.left() - tail) / size;
  return count > kEntriesMax ? -1 : static_cast<std::ptrdiff_t>(count);
}

}  // namespace

Payload encode(const AckBody& body) {
  Writer out;
  for (const LaneCursor& at : body.cursors) out.put(at.lane).put(at.cursor).put(at.chain);
  return out.put(body.credit).take();
}

bool decode(Bytes payload, AckBody* body) {
  Cursor in(payload);
  const std::ptrdiff_t count = entries(in, 40, 8);
  if (count < 0) return false;
  body->cursors.resize(static_cast<std::size_t>(count));
  for (LaneCursor& at : body->cursors) {
    if (!read_lane(in, &at.lane)) return false;
    at.cursor = in.le64();
    at.chain = read_chain(in);
  }
  body->credit = in.le64();
  return !in.short_read() && in.at_end();
}

Payload encode(const PingBody& body) {
  Writer out;
  out.put(body.t1).put(body.clock_offset).put(body.clock_error);
  for (const LaneHead& at : body.heads) out.put(at.lane).put(at.head);
  return out.take();
}

bool decode(Bytes payload, PingBody* body) {
  Cursor in(payload);
  body->t1 = read_time(in);
  body->clock_offset = read_time(in);
  body->clock_error = read_time(in);
  const std::ptrdiff_t count = in.short_read() ? -1 : entries(in, 24, 0);
  if (count < 0) return false;
  body->heads.resize(static_cast<std::size_t>(count));
  for (LaneHead& at : body->heads) {
    if (!read_lane(in, &at.lane)) return false;
    at.head = in.le64();
  }
  return !in.short_read() && in.at_end();
}

Payload encode(const PongBody& body) {
  Writer out;
  out.put(body.t1).put(body.t2).put(body.t3).put(body.credit);
  return out.put(static_cast<std::uint32_t>(body.state)).put(body.since_ms).take();
}

bool decode(Bytes payload, PongBody* body) {
  Cursor in(payload);
  body->t1 = read_time(in);
  body->t2 = read_time(in);
  body->t3 = read_time(in);
  body->credit = in.le64();
  const std::uint32_t state = in.le32();
  body->since_ms = in.le32();
  if (in.short_read() || !in.at_end() || state > 1) return false;
  body->state = static_cast<CommitterState>(state);
  return true;
}

Payload encode(const ProbeBody& body) {
  Writer out;
  out.put(body.lane);
  for (const std::uint64_t number : body.numbers) out.put(number);
  return out.take();
}

bool decode(Bytes payload, ProbeBody* body) {
  Cursor in(payload);
  if (!read_lane(in, &body->lane)) return false;
  const std::ptrdiff_t count = entries(in, 8, 0);
  if (count < 0) return false;
  body->numbers.resize(static_cast<std::size_t>(count));
  for (std::uint64_t& number : body->numbers) number = in.le64();
  return !in.short_read() && in.at_end();
}

Payload encode(const ProofBody& body) {
  Writer out;
  out.put(body.lane);
  for (const ProofBody::Point& point : body.points) out.put(point.asked).put(point.at.number).put(point.at.chain);
  return out.take();
}

bool decode(Bytes payload, ProofBody* body) {
  Cursor in(payload);
  if (!read_lane(in, &body->lane)) return false;
  const std::ptrdiff_t count = entries(in, 32, 0);
  if (count < 0) return false;
  body->points.resize(static_cast<std::size_t>(count));
  for (ProofBody::Point& point : body->points) {
    point.asked = in.le64();
    point.at.number = in.le64();
    point.at.chain = read_chain(in);
  }
  return !in.short_read() && in.at_end();
}

Payload encode(const ErrorBody& body) {
  Writer out;
  out.put(static_cast<std::uint32_t>(body.code)).put(body.retry_after_ms);
  return out.bytes(as_bytes(std::string_view(body.text).substr(0, kTextMax))).take();
}

bool decode(Bytes payload, ErrorBody* body) {
  Cursor in(payload);
  const std::uint32_t code = in.le32();
  body->retry_after_ms = in.le32();
  if (in.short_read() || in.left() > kTextMax) return false;
  body->code = static_cast<WireError>(code);
  body->text = as_chars(in.rest());
  return code >= 1 && code <= static_cast<std::uint32_t>(WireError::type);
}

Payload encode(const ResumeBody& body) {
  Writer out;
  return out.put(body.lane).put(body.cursor).take();
}

bool decode(Bytes payload, ResumeBody* body) {
  Cursor in(payload);
  if (!read_lane(in, &body->lane)) return false;
  body->cursor = in.le64();
  return !in.short_read() && in.at_end();
}

Payload encode_bye(ByeReason reason) {
  Writer out;
  return out.put(static_cast<std::uint32_t>(reason)).take();
}

bool decode_bye(Bytes payload, ByeReason* reason) {
  Cursor in(payload);
  const std::uint32_t value = in.le32();
  if (in.short_read() || !in.at_end() || value < 1 || value > 3) return false;
  *reason = static_cast<ByeReason>(value);
  return true;
}

}  // namespace hd
