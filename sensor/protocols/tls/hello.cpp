// SPDX-License-Identifier: Apache-2.0
// ClientHello, ServerHello and their extensions; certificate chains.
#include <algorithm>

#include "sensor/protocols/tls/certificate.hpp"
#include "sensor/protocols/tls/parser.hpp"

namespace hd::protocol::tls {
namespace {

enum Extension : std::uint16_t { server_name_type = 0, groups_type = 10, formats_type = 11, signatures_type = 13,
                                 alpn_type = 16, versions_type = 43 };

void add_all(Numbers& numbers, Bytes list) noexcept {
  for (std::size_t i = 0; i + 1 < list.size(); i += 2) numbers.add(load_be16(list.data() + i));
}

}  // namespace

Bytes Run::keep(Bytes bytes) noexcept {
  const Bytes copy = tx_->arena.copy(bytes);
  if (copy.size() != bytes.size()) {
    out_.count_memory_limit();
    event(Event::limit_reached);
  }
  return copy;
}

void Run::client_hello(Bytes body) noexcept {
  TlsTx& its = tx();
  Hello& hello = its.hellos[0];
  Cursor at(body);
  Hello fresh;
  fresh.is_seen = true;
  fresh.version = at.be16();
  fresh.random = at.bytes(32);
  fresh.session = at.bytes(at.u8());
  add_all(fresh.ciphers, at.bytes(at.be16()));
  at.skip(at.u8());  // compression
  if (at.short_read()) {
    event(Event::handshake_invalid_length);
    return;
  }
  fresh.random = keep(fresh.random);
  fresh.session = keep(fresh.session);
  hello = fresh;
  its.states |= state_bit::client_hello;
  if (its.version == 0) its.version = hello.version;
  if (at.left() > 0) {
    const Bytes list = at.bytes(at.be16());
    if (at.short_read() || !extensions(list, hello)) event(Event::handshake_invalid_length);
  }
  advance(client_progress::hello_done);
}

// RFC 6101 E: version, lengths of cipher specs, session and challenge.
void Run::old_client_hello(Bytes body) noexcept {
  TlsTx& its = tx();
  Hello& hello = its.hellos[0];
  Cursor at(body);
  hello.version = at.be16();
  const std::size_t ciphers = at.be16(), session = at.be16(), challenge = at.be16();
  const Bytes list = at.bytes(ciphers);
  at.skip(session);
  const Bytes random = at.bytes(challenge);
  if (at.short_read()) {
    event(Event::invalid_sslv2_header);
    return;
  }
  hello.is_seen = true;
  for (std::size_t i = 0; i + 2 < list.size(); i += 3) hello.ciphers.add(load_be16(list.data() + i + 1));
  hello.random = keep(random);
  if (its.version == 0) its.version = hello.version == 2 ? std::uint16_t{2} : hello.version;
  its.states |= state_bit::client_hello;
  advance(client_progress::hello_done);
}

void Run::server_hello(Bytes body) noexcept {
  TlsTx& its = tx();
  Cursor at(body);
  Hello fresh;
  fresh.is_seen = true;
  fresh.version = at.be16();
  fresh.random = at.bytes(32);
  // Drafts 18 to 21 of TLS 1.3 had neither session nor compression.
  const bool is_draft = (fresh.version >> 8) == 0x7f && (fresh.version & 0xff) < 22;
  if (!is_draft) fresh.session = at.bytes(at.u8());
  fresh.ciphers.add(at.be16());
  if (!is_draft) at.skip(1);
  if (at.short_read()) {
    event(Event::handshake_invalid_length);
    return;
  }
  fresh.random = keep(fresh.random);
  fresh.session = keep(fresh.session);
  Hello& hello = its.hellos[1];
  hello = fresh;
  its.version = hello.version;
  its.states |= state_bit::server_hello;
  if (at.left() > 0) {
    const Bytes list = at.bytes(at.be16());
    if (at.short_read() || !extensions(list, hello)) event(Event::handshake_invalid_length);
  }
  if (hello.versions.count > 0) its.version = hello.versions.values[0];
  const Bytes offered = its.hellos[0].session;
  its.is_resumed = !offered.empty() && its.version < 0x0304 && std::equal(offered.begin(), offered.end(), hello.session.begin(), hello.session.end());
  advance(server_progress::hello);
}

bool Run::extensions(Bytes list, Hello& hello) noexcept {
  Cursor at(list);
  while (at.left() > 0) {
    const std::uint16_t type = at.be16();
    const Bytes body = at.bytes(at.be16());
    if (at.short_read()) return false;
    if (is_client() && type == server_name_type && hello.extensions.has(type)) event(Event::multiple_sni_extensions);
    hello.extensions.add(type);
    extension(type, body, hello);
  }
  return true;
}

void Run::extension(std::uint16_t type, Bytes body, Hello& hello) noexcept {
  Cursor at(body);
  switch (type) {
    case server_name_type:
      if (is_client()) server_name(body);
      return;
    case groups_type: add_all(hello.groups, at.bytes(at.be16())); return;
    case formats_type:
      for (const std::uint8_t format : at.bytes(at.u8())) hello.point_formats.add(format);
      return;
    case signatures_type: add_all(hello.signatures, at.bytes(at.be16())); return;
    case versions_type:
      if (is_client()) add_all(hello.versions, at.bytes(at.u8()));
      else hello.versions.add(at.be16());
      return;
    case alpn_type: {
      Cursor names(at.bytes(at.be16()));
      while (names.left() > 0 && hello.alpn_count < Hello::kAlpnMax) {
        const Bytes name = names.bytes(names.u8());
        if (names.short_read()) return;
        if (!name.empty()) hello.alpn[hello.alpn_count++] = keep(name);
      }
      return;
    }
    default: return;
  }
}

// RFC 6066 3: the first host name.
void Run::server_name(Bytes body) noexcept {
  if (body.empty()) return;
  TlsTx& its = tx();
  Cursor at(body);
  const std::size_t list = at.be16();
  const std::uint8_t type = at.u8();
  if (type != 0) {
    event(Event::invalid_sni_type);
    return;
  }
  const Bytes name = at.bytes(at.be16());
  if (at.short_read() || list + 2 != body.size() || name.size() + 3 > list) {
    event(Event::invalid_sni_length);
    return;
  }
  if (its.sni.empty()) its.sni = keep(name);
}

// RFC 5246 7.4.2: a list of certificates, each with its length.
void Run::certificates(Bytes body) noexcept {
  TlsTx& its = tx();
  const unsigned i = index_of(direction_);
  Cursor at(body);
  Cursor list(at.bytes(at.be24()));
  if (at.short_read()) {
    event(Event::invalid_certificate);
    return;
  }
  its.chain_length[i] = 0;
  while (list.left() > 0) {
    const Bytes der = list.bytes(list.be24());
    if (list.short_read()) {
      event(Event::certificate_invalid_length);
      break;
    }
    if (its.chain_length[i] == TlsTx::kCertificatesMax || der.size() > kCertificateMax) {
      event(Event::limit_reached);
      break;
    }
    its.chains[i][its.chain_length[i]++] = keep(der);
  }
  if (its.chain_length[i] > 0) {
    its.certificates[i] = {};
    const CertificateResult result = read_certificate(its.chains[i][0], tx_->arena, its.certificates[i]);
    if (result.event != Event::count_) event(result.event);
    if (!result.is_read) {
      event(Event::invalid_handshake_message);
      has_failed_ = true;
      return;
    }
  }
  advance(is_client() ? client_progress::cert_done : server_progress::cert_done);
}

}  // namespace hd::protocol::tls
