// SPDX-License-Identifier: Apache-2.0
// Bodies: chunks, content codings, files.
#include <algorithm>

#include "sensor/protocols/http/parser.hpp"

namespace hd::protocol::http {

Run::Next Run::body_known() noexcept {
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(side_.left, rest().size()));
  body(rest().first(count));
  use(count);
  side_.left -= count;
  if (side_.left > 0) return Next::more;
  side_.step = Step::after;
  return Next::again;
}

Run::Next Run::body_rest() noexcept {
  body(rest());
  use(rest().size());
  return Next::more;
}

Run::Next Run::chunk_length() noexcept {
  const std::size_t length = line_length(false);
  const auto give_up = [&]() noexcept {
    event(Event::event_invalid_request_chunk_len, Event::event_invalid_response_chunk_len);
    if (is_request()) return Next::failed;
    side_.step = Step::body_rest;
    return Next::again;
  };
  if (length == 0) {
    // What cannot begin a length need not wait for its line's end.
    std::size_t at = 0;
    while (at < rest().size() && is_space(rest()[at])) ++at;
    bool has_extension = false;
    if (at < rest().size() && chunk_length_of(rest().subspan(at, 1), has_extension) < 0) return give_up();
    return is_too_long(rest().size()) ? give_up() : Next::more;
  }
  bool has_extension = false;
  const std::int64_t count = chunk_length_of(without_line_end(rest().first(length)), has_extension);
  if (count == -1) return give_up();
  if (has_extension && is_request()) event(Event::event_request_chunk_extension);
  message().length += length;
  use(length);
  if (count == -2) return Next::again;
  side_.left = static_cast<std::uint64_t>(count);
  side_.step = count == 0 ? Step::trailer : Step::chunk;
  return Next::again;
}

Run::Next Run::chunk() noexcept {
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(side_.left, rest().size()));
  body(rest().first(count));
  use(count);
  side_.left -= count;
  if (side_.left > 0) return Next::more;
  side_.step = Step::chunk_end;
  return Next::again;
}

// Only a line end belongs here; everything up to it is passed over.
Run::Next Run::chunk_end() noexcept {
  const std::size_t at = as_chars(rest()).find('\n');
  const std::size_t count = at == std::string_view::npos ? rest().size() : at + 1;
  message().length += count;
  use(count);
  if (at == std::string_view::npos) return Next::more;
  side_.step = Step::chunk_length;
  return Next::again;
}

void Run::body(Bytes bytes) noexcept {
  if (bytes.empty()) return;
  advance(progress::body);
  message().length += bytes.size();
  decode(0, bytes);
}

// Each layer gives what it has to the next; the last to the body.
void Run::decode(std::size_t layer, Bytes bytes) noexcept {
  if (layer >= side_.layer_count) {
    deliver(bytes);
    return;
  }
  if (layer == 0) side_.bomb_in += bytes.size();
  Inflater& its = side_.layers[layer];
  if (!its.is_active()) return;
  for (;;) {
    const std::size_t before = bytes.size();
    const Inflater::Status status = its.step(bytes);
    const Bytes output = its.output();
    side_.bomb_out += output.size();
    if (!output.empty()) decode(layer + 1, output);
    if (!its.is_active()) return;
    switch (status) {
      case Inflater::Status::no_memory:
        out_.count_memory_limit();
        event(Event::event_limit_reached);
        its.end();
        return;
      case Inflater::Status::ended: return;
      case Inflater::Status::failed:
      case Inflater::Status::pass:
        event(its.wanted_memory() ? Event::event_lzma_memlimit_reached : Event::event_gzip_decompression_failed);
        break;
      case Inflater::Status::more:
      case Inflater::Status::output: break;
    }
    const bool is_bomb = side_.bomb_out > kBombFrom && side_.bomb_out / kBombRatio > side_.bomb_in;
    if (is_bomb || side_.bomb_out > kBombBytes * side_.layer_count) {
      event(is_bomb ? Event::event_compression_bomb : Event::event_compression_bomb_limit_reached);
      for (std::size_t i = 0; i < side_.layer_count; ++i) side_.layers[i].end();
      return;
    }
    if (status == Inflater::Status::more && (bytes.empty() || bytes.size() == before)) return;
  }
}

WindowRule Run::window_rule() const noexcept {
  const ParserSettings& s = state_.settings;
  if (is_request()) return {s.http_request_body_limit, s.http_request_inspect_min, s.http_request_inspect_window};
  return {s.http_response_body_limit, s.http_response_inspect_min, s.http_response_inspect_window};
}

void Run::deliver(Bytes bytes) noexcept {
  Message& its = message();
  its.decoded += bytes.size();
  if (!its.body.append(bytes, side_.tx->arena, window_rule())) {
    out_.count_memory_limit();
    event(Event::event_limit_reached);
  }
  if (is_request()) walk_parts();
}

void Run::walk_parts() noexcept {
  HttpTx& its = tx();
  if (its.boundary.empty()) return;
  GrowingBody& body = its.messages[0].body;
  Part unwanted = {};
  for (int round = 0; round < 1024; ++round) {
    const bool is_kept = its.file_count > 0 && its.file_count <= HttpTx::kFilesMax && !its.files[its.file_count - 1u].part.is_over;
    Part& current = is_kept ? its.files[its.file_count - 1u].part : unwanted;
    Part part = current;
    switch (its.multipart.next(body.from(0), its.boundary, body.is_over(), part)) {
      case MultipartReader::Found::nothing: return;
      case MultipartReader::Found::bad_header:
        event(Event::event_multipart_invalid_header);
        [[fallthrough]];
      case MultipartReader::Found::part:
        if (part.name_end - part.name_begin > 2048) event(Event::event_file_name_too_long);
        if (part.name_begin == part.name_end) {
          unwanted = part;
        } else if (its.file_count < HttpTx::kFilesMax) {
          its.files[its.file_count++] = {.part = part};
        }
        break;
      case MultipartReader::Found::progress: current = part; break;
      case MultipartReader::Found::no_begin: event(Event::event_multipart_generic_error); return;
      case MultipartReader::Found::cut:
        current = part;
        event(Event::event_multipart_no_filedata);
        return;
    }
  }
}

void Run::end_body() noexcept {
  Message& its = message();
  for (std::size_t i = 0; i < side_.layer_count; ++i) {
    if (!side_.layers[i].is_active()) continue;
    side_.layers[i].end_input();
    decode(i, {});
  }
  its.body.end();
  if (is_request() && its.body.total() > 0) walk_parts();
  for (std::size_t i = 0; i < side_.layer_count; ++i) side_.layers[i].end();
  side_.layer_count = 0;
  side_.bomb_in = side_.bomb_out = 0;
}

void Run::add_layer(Coding coding) noexcept {
  // The coding that was applied last comes last in the header, and is undone first.
  if (side_.layer_count >= side_.layers.size()) return;
  ++side_.layer_count;
  if (!side_.layers[side_.layer_count - 1u].begin(coding, out_.pool())) {
    --side_.layer_count;
    out_.count_memory_limit();
    event(Event::event_limit_reached);
  }
}

// RFC 9110 8.4. Names with something around them count as well (event), since browsers take them so.
void Run::add_layers(const Field& encoding) noexcept {
  std::array<Coding, 4> codings = {};
  std::size_t count = 0;
  const std::size_t most = state_.settings.http_decompress_layers == 0 ? codings.size() : std::min<std::size_t>(state_.settings.http_decompress_layers, codings.size());
  bool has_lzma = false;
  for (std::size_t at = 0; at < encoding.value.size();) {
    std::size_t end = at;
    while (end < encoding.value.size() && encoding.value[end] != ',' && encoding.value[end] != ' ') ++end;
    const Bytes name = encoding.value.subspan(at, end - at);
    at = end + 1;
    if (name.empty()) continue;
    Coding coding = Coding::none;
    if (contains_word(name, "gzip")) coding = Coding::gzip;
    else if (contains_word(name, "deflate")) coding = Coding::deflate;
    else if (says(name, "lzma")) coding = Coding::lzma;
    else if (says(name, "br")) coding = Coding::brotli;
    const bool is_plain = says(name, "gzip") || says(name, "x-gzip") || says(name, "deflate") || says(name, "x-deflate");
    if ((coding == Coding::gzip || coding == Coding::deflate) && !is_plain) event(Event::event_abnormal_ce_header);
    if (coding == Coding::none) {
      if (!says(name, "identity") && !says(name, "none") && !says(name, "inflate")) event(Event::event_abnormal_ce_header);
      continue;
    }
    if (coding == Coding::lzma && has_lzma) continue;
    has_lzma = has_lzma || coding == Coding::lzma;
    if (count == most) {
      event(Event::event_too_many_encoding_layers);
      break;
    }
    codings[count++] = coding;
  }
  while (count > 0) add_layer(codings[--count]);
}

}  // namespace hd::protocol::http
