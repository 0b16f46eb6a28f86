// SPDX-License-Identifier: Apache-2.0
#include "sensor/files/inflater.hpp"

#include <brotli/decode.h>
#include <lzma.h>
#include <zlib.h>

#include <algorithm>
#include <new>

#include "sensor/files/pool_allocator.hpp"

namespace hd {
namespace {

constexpr std::uint8_t kMagic1 = 0x1f, kMagic2 = 0x8b;
/// Parts of a gzip header behind its ten fixed bytes.
enum HeadPart : std::uint8_t { fixed, extra_length, extra, name, comment, crc, over };

void* zlib_allocate(void* opaque, unsigned count, unsigned size) noexcept {
  return pool_allocate(*static_cast<BufferPool*>(opaque), std::size_t{count} * size);
}
void zlib_free(void* opaque, void* block) noexcept { pool_free(*static_cast<BufferPool*>(opaque), block); }
void* brotli_allocate(void* opaque, std::size_t size) noexcept {
  return pool_allocate(*static_cast<BufferPool*>(opaque), size);
}
void* lzma_allocate(void* opaque, std::size_t count, std::size_t size) noexcept {
  return pool_allocate(*static_cast<BufferPool*>(opaque), count * size);
}

bool looks_like_zlib(Bytes first) noexcept {
  return first.size() >= 2 && (first[0] & 0x0f) == 8 && (first[0] >> 4) <= 7 && (first[0] * 256u + first[1]) % 31 == 0;
}

}  // namespace

struct Inflater::Decoder {
  z_stream zlib = {};
  BrotliDecoderState* brotli = nullptr;
  lzma_stream lzma = {};
  lzma_allocator lzma_memory = {};
};

bool Inflater::begin(Coding coding, BufferPool& pool) noexcept {
  end();
  block_ = pool.take(sizeof(Decoder) + kOutput + kProbation);
  if (block_.empty()) return false;
  pool_ = &pool;
  decoder_ = new (block_.data()) Decoder;
  coding_ = coding;
  form_ = Form::undecided;
  tried_ = 0;
  taken_ = given_ = 0;
  kept_ = replayed_ = 0;
  is_last_ = false;
  output_ = {};
  return true;
}

void Inflater::stop_decoder() noexcept {
  if (!is_running_) return;
  is_running_ = false;
  if (form_ == Form::brotli) BrotliDecoderDestroyInstance(decoder_->brotli);
  else if (form_ == Form::lzma) lzma_end(&decoder_->lzma);
  else inflateEnd(&decoder_->zlib);
}

void Inflater::end() noexcept {
  if (pool_ == nullptr) return;
  stop_decoder();
  decoder_->~Decoder();
  pool_->give(block_);
  pool_ = nullptr;
  decoder_ = nullptr;
  block_ = {};
}

Inflater::Status Inflater::start(Form form) noexcept {
  stop_decoder();
  form_ = form;
  const Form kind = form == Form::gzip_head ? Form::gzip : form;
  tried_ = static_cast<std::uint16_t>(tried_ | 1u << static_cast<unsigned>(kind));
  replayed_ = 0;
  head_at_ = HeadPart::fixed;
  left_ = 10;
  if (form == Form::pass) return Status::pass;
  *decoder_ = Decoder{};
  if (form == Form::brotli) {
    decoder_->brotli = BrotliDecoderCreateInstance(brotli_allocate, zlib_free, pool_);
    is_running_ = decoder_->brotli != nullptr;
  } else if (form == Form::lzma) {
    // Bytes 1 to 4 of an LZMA header are the dictionary's size.
    std::uint8_t* head = block_.data() + sizeof(Decoder) + kOutput;
    if (kept_ >= 5 && load_le32(head + 1) > kLzmaDictionary) store(head + 1, kLzmaDictionary);
    decoder_->lzma_memory = {.alloc = lzma_allocate, .free = zlib_free, .opaque = pool_};
    decoder_->lzma.allocator = &decoder_->lzma_memory;
    is_running_ = lzma_alone_decoder(&decoder_->lzma, kLzmaMemory) == LZMA_OK;
  } else {
    decoder_->zlib.zalloc = zlib_allocate;
    decoder_->zlib.zfree = zlib_free;
    decoder_->zlib.opaque = pool_;
    is_running_ = inflateInit2(&decoder_->zlib, form == Form::zlib ? 15 : -15) == Z_OK;
  }
  return is_running_ ? Status::more : Status::no_memory;
}

// What is to be tried next with the first bytes: what they look like, before what the name says.
Inflater::Status Inflater::next_form() noexcept {
  const Bytes first = Bytes(block_).subspan(sizeof(Decoder) + kOutput, kept_);
  const auto is_new = [&](Form form) { return (tried_ >> static_cast<unsigned>(form) & 1) == 0; };
  if (coding_ == Coding::brotli) return start(is_new(Form::brotli) ? Form::brotli : Form::pass);
  if (coding_ == Coding::lzma) return start(is_new(Form::lzma) ? Form::lzma : Form::pass);
  if (first.size() >= 2 && first[0] == kMagic1 && first[1] == kMagic2 && is_new(Form::gzip)) return start(Form::gzip_head);
  if (looks_like_zlib(first) && is_new(Form::zlib)) return start(Form::zlib);
  if (!is_new(Form::raw)) return start(Form::pass);
  const Status status = start(Form::raw);
  if (status == Status::no_memory || survives_trial()) return status == Status::no_memory ? status : start(Form::raw);
  return start(Form::pass);
}

// A magic number decides at once; raw deflate has none, so some bytes must inflate without a fault first.
bool Inflater::is_decidable() const noexcept {
  const Bytes first = Bytes(block_).subspan(sizeof(Decoder) + kOutput, kept_);
  if (is_last_) return !first.empty();
  if (coding_ == Coding::brotli) return !first.empty();
  if (coding_ == Coding::lzma) return first.size() >= 13;
  if (first.size() < 2) return false;
  return (first[0] == kMagic1 && first[1] == kMagic2) || looks_like_zlib(first) || first.size() >= kSure;
}

bool Inflater::survives_trial() noexcept {
  Bytes first = Bytes(block_).subspan(sizeof(Decoder) + kOutput, kept_);
  Status status = Status::output;
  for (int i = 0; i < 64 && status == Status::output && form_ != Form::over; ++i) status = run(first);
  given_ = 0;
  output_ = {};
  constexpr std::size_t kTrailerMax = 16;  // a checksum may follow; more means that the end was none
  return status != Status::failed && (form_ != Form::over || first.size() <= kTrailerMax);
}

bool Inflater::skip_gzip_head(Bytes& input) noexcept {
  constexpr std::uint8_t kFlagOf[] = {0, 0x04, 0x04, 0x08, 0x10, 0x02};
  while (head_at_ != HeadPart::over) {
    if ((head_at_ != HeadPart::fixed && (head_flags_ & kFlagOf[head_at_]) == 0) || (head_at_ == HeadPart::extra && left_ == 0)) {
      ++head_at_;
      left_ = head_at_ == HeadPart::over ? std::uint16_t{0} : std::uint16_t{2};
      continue;
    }
    if (input.empty()) return false;
    const std::uint8_t byte = input[0];
    input = input.subspan(1);
    switch (head_at_) {
      case HeadPart::fixed:
        if (left_ == 7) head_flags_ = byte;
        if (--left_ > 0) continue;
        break;
      case HeadPart::extra_length:
        extra_ = static_cast<std::uint16_t>(left_ == 2 ? byte : extra_ | byte << 8);
        if (--left_ > 0) continue;
        head_at_ = HeadPart::extra;
        left_ = extra_;
        continue;
      case HeadPart::name:
      case HeadPart::comment:
        if (byte != 0) continue;
        break;
      default:
        if (--left_ > 0) continue;
    }
    ++head_at_;
    left_ = 2;
  }
  return true;
}

// One call of the library. Output goes to the block's middle part.
Inflater::Status Inflater::run(Bytes& input) noexcept {
  if (form_ == Form::gzip_head) {
    if (!skip_gzip_head(input)) return Status::more;
    form_ = Form::gzip;
  }
  std::uint8_t* out = block_.data() + sizeof(Decoder);
  std::size_t room = kOutput;
  bool is_over = false, is_broken = false;
  if (form_ == Form::brotli) {
    const std::uint8_t* next = input.data();
    std::size_t left = input.size();
    std::uint8_t* to = out;
    const BrotliDecoderResult result = BrotliDecoderDecompressStream(decoder_->brotli, &left, &next, &room, &to, nullptr);
    input = input.last(left);
    is_over = result == BROTLI_DECODER_RESULT_SUCCESS;
    is_broken = result == BROTLI_DECODER_RESULT_ERROR;
  } else if (form_ == Form::lzma) {
    lzma_stream& stream = decoder_->lzma;
    stream.next_in = input.data();
    stream.avail_in = input.size();
    stream.next_out = out;
    stream.avail_out = room;
    const lzma_ret result = lzma_code(&stream, LZMA_RUN);
    input = input.last(stream.avail_in);
    room = stream.avail_out;
    wanted_memory_ = wanted_memory_ || result == LZMA_MEMLIMIT_ERROR;
    is_over = result == LZMA_STREAM_END;
    is_broken = result != LZMA_OK && result != LZMA_STREAM_END && result != LZMA_BUF_ERROR;
  } else {
    z_stream& stream = decoder_->zlib;
    // zlib reads only; its interface is older than const.
    stream.next_in = const_cast<std::uint8_t*>(input.data());
    stream.avail_in = static_cast<unsigned>(std::min<std::size_t>(input.size(), 1u << 30));
    const std::size_t beyond = input.size() - stream.avail_in;
    stream.next_out = out;
    stream.avail_out = static_cast<unsigned>(room);
    const int result = inflate(&stream, Z_NO_FLUSH);
    input = input.last(stream.avail_in + beyond);
    room = stream.avail_out;
    is_over = result == Z_STREAM_END;
    is_broken = result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR;
  }
  output_ = {out, kOutput - room};
  given_ += output_.size();
  if (is_over) {
    stop_decoder();
    form_ = Form::over;
  }
  if (is_broken) return Status::failed;
  if (is_over) return output_.empty() ? Status::ended : Status::output;
  return output_.empty() ? Status::more : Status::output;
}

Inflater::Status Inflater::step(Bytes& input) noexcept {
  output_ = {};
  const std::span<std::uint8_t> keep = block_.subspan(sizeof(Decoder) + kOutput, kProbation);
  bool has_failed = false;
  if (form_ != Form::pass && given_ == 0 && kept_ < kProbation) {
    const std::size_t count = std::min(input.size(), kProbation - kept_);
    std::copy_n(input.data(), count, keep.data() + kept_);
    kept_ = static_cast<std::uint16_t>(kept_ + count);
    input = input.subspan(count);
    taken_ += count;
    if (form_ == Form::undecided) {
      if (!is_decidable()) return Status::more;
      if (next_form() == Status::no_memory) return Status::no_memory;
      has_failed = form_ == Form::pass;
    }
  }
  for (int round = 0; round < 8; ++round) {
    Bytes waiting = Bytes(keep).subspan(replayed_, kept_ - std::size_t{replayed_});
    const bool is_waiting = !waiting.empty();
    Bytes& from = is_waiting ? waiting : input;
    if (form_ == Form::pass) {
      output_ = from;
      given_ += output_.size();
      if (is_waiting) {
        replayed_ = kept_;
      } else {
        taken_ += input.size();
        input = {};
      }
      if (has_failed) return Status::pass;
      return output_.empty() ? Status::more : Status::output;
    }
    if (form_ == Form::over) {
      taken_ += input.size();
      input = {};
      replayed_ = kept_;
      return Status::ended;
    }
    if (from.empty()) return Status::more;
    const std::size_t before = from.size();
    const Status status = run(from);
    if (is_waiting) replayed_ = static_cast<std::uint16_t>(kept_ - from.size());
    else taken_ += before - from.size();
    if (status == Status::failed) {
      const bool was_output = given_ > 0;
      if (was_output || !is_waiting) {
        // Too late to try something else: what comes from here on is shown as it is.
        stop_decoder();
        form_ = Form::pass;
        return Status::failed;
      }
      has_failed = true;
      if (next_form() == Status::no_memory) return Status::no_memory;
      continue;
    }
    if (status != Status::more || (from.empty() && input.empty())) return status;
  }
  return Status::more;
}

}  // namespace hd
