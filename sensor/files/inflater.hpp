// SPDX-License-Identifier: Apache-2.0
// Undoes one layer of content coding as bytes come: gzip, deflate (with or without zlib header), brotli, LZMA.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "sensor/base/buffer_pool.hpp"
#include "sensor/base/bytes.hpp"

namespace hd {

enum class Coding : std::uint8_t { none, gzip, deflate, brotli, lzma };

/// One layer. Servers and browsers are lax about what a coding's name promises, and so is this: bytes that are no gzip are
/// tried as zlib, as raw deflate, and at last passed on as they are. All memory is the pool's; nothing allocates besides.
class Inflater {
 public:
  static constexpr std::size_t kOutput = 8192;      ///< bytes that one step gives at most
  static constexpr std::size_t kProbation = 512;    ///< first bytes kept until something came out
  static constexpr std::size_t kSure = 64;          ///< bytes wanted before they are taken for raw deflate
  static constexpr std::uint64_t kLzmaMemory = std::uint64_t{1} << 20;
  static constexpr std::uint32_t kLzmaDictionary = 512 * 1024;  ///< larger ones are made smaller: short bodies need no more

  enum class Status : std::uint8_t {
    more,         ///< everything was taken
    output,       ///< `output()` has bytes; call step() again
    ended,        ///< the coded stream is over; what follows is not looked at
    pass,         ///< no such coding: bytes are passed on as they are from now on (first those in `output()`)
    failed,       ///< broken behind its begin; the rest is passed on
    no_memory,
  };

  Inflater() noexcept = default;
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  Inflater(Inflater&&) = delete;
  Inflater& operator=(Inflater&&) = delete;
  ~Inflater() { end(); }

  /// False: no memory.
  [[nodiscard]] bool begin(Coding coding, BufferPool& pool) noexcept;
  /// Gives all memory back.
  void end() noexcept;

  /// Takes bytes from the front of `input` (which is shortened) until it has output, or all is taken.
  [[nodiscard]] Status step(Bytes& input) noexcept;
  /// Nothing follows: what was held back to be sure comes with the next steps.
  void end_input() noexcept { is_last_ = true; }
  /// What the last step gave; valid until the next call.
  [[nodiscard]] Bytes output() const noexcept { return output_; }

  [[nodiscard]] bool is_active() const noexcept { return pool_ != nullptr; }
  [[nodiscard]] std::uint64_t taken() const noexcept { return taken_; }
  [[nodiscard]] std::uint64_t given() const noexcept { return given_; }
  /// Whether an LZMA stream asked for more memory than kLzmaMemory.
  [[nodiscard]] bool wanted_memory() const noexcept { return wanted_memory_; }

 private:
  enum class Form : std::uint8_t { undecided, gzip_head, gzip, zlib, raw, brotli, lzma, pass, over };
  struct Decoder;

  Status next_form() noexcept;
  Status start(Form form) noexcept;
  [[nodiscard]] bool is_decidable() const noexcept;
  [[nodiscard]] bool survives_trial() noexcept;
  void stop_decoder() noexcept;
  Status run(Bytes& input) noexcept;
  /// Skips the gzip header (RFC 1952 2.3); true when it is over.
  bool skip_gzip_head(Bytes& input) noexcept;

  BufferPool* pool_ = nullptr;
  std::span<std::uint8_t> block_ = {};  // [Decoder][output][probation]
  Decoder* decoder_ = nullptr;
  Bytes output_ = {};
  std::uint64_t taken_ = 0;
  std::uint64_t given_ = 0;
  std::uint16_t kept_ = 0;     // bytes on probation
  std::uint16_t replayed_ = 0; // of these, shown to the decoder that is being tried
  std::uint16_t left_ = 0;     // of a gzip header's part
  std::uint16_t extra_ = 0;    // length of a gzip header's extra field
  std::uint8_t head_at_ = 0;   // part of the gzip header
  std::uint8_t head_flags_ = 0;
  std::uint16_t tried_ = 0;    // bits of Form
  Coding coding_ = Coding::none;
  Form form_ = Form::undecided;
  bool is_running_ = false;
  bool is_last_ = false;
  bool wanted_memory_ = false;
};

}  // namespace hd
