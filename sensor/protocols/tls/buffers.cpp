// SPDX-License-Identifier: Apache-2.0
#include "sensor/protocols/tls/buffers.hpp"

#include <algorithm>

#include "sensor/protocols/tls/tx.hpp"

namespace hd::protocol::tls {
namespace {

constexpr std::array<std::uint8_t, 2> kHello = {client_progress::hello_done, server_progress::hello};
constexpr std::array<std::uint8_t, 2> kCertificates = {client_progress::cert_done, server_progress::cert_done};

bool give(Bytes bytes, Buffer& out) noexcept {
  if (bytes.empty()) return false;
  out.bytes = bytes;
  return true;
}

const Certificate& certificate(Transaction& tx, const BufferRequest& at) noexcept {
  return tx.part<TlsTx>().certificates[index_of(at.direction)];
}

bool get_sni(Transaction& tx, const BufferRequest&, Buffer& out) noexcept { return give(tx.part<TlsTx>().sni, out); }
bool get_subject(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return give(certificate(tx, at).subject, out); }
bool get_issuer(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return give(certificate(tx, at).issuer, out); }
bool get_serial(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return give(certificate(tx, at).serial, out); }
bool get_fingerprint(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return give(fingerprint(tx, at.direction), out); }
bool get_certificate(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const TlsTx& its = tx.part<TlsTx>();
  const unsigned i = index_of(at.direction);
  return at.instance < its.chain_length[i] && give(its.chains[i][at.instance], out);
}
bool get_name(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const Certificate& its = certificate(tx, at);
  return at.instance < its.name_count && give(its.names[at.instance], out);
}
bool get_alpn(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const Hello& hello = tx.part<TlsTx>().hellos[index_of(at.direction)];
  return at.instance < hello.alpn_count && give(hello.alpn[at.instance], out);
}
Bytes random_of(Transaction& tx, const BufferRequest& at) noexcept { return tx.part<TlsTx>().hellos[index_of(at.direction)].random; }
bool get_random(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return give(random_of(tx, at), out); }
bool get_random_time(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const Bytes all = random_of(tx, at);
  return all.size() >= 4 && give(all.first(4), out);
}
bool get_random_bytes(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept {
  const Bytes all = random_of(tx, at);
  return all.size() > 4 && give(all.subspan(4), out);
}
bool get_ja3_hash(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return give(ja3_hash(tx, at.direction), out); }
bool get_ja3_text(Transaction& tx, const BufferRequest& at, Buffer& out) noexcept { return give(ja3_text(tx, at.direction), out); }
bool get_ja4(Transaction& tx, const BufferRequest&, Buffer& out) noexcept { return give(ja4(tx), out); }

constexpr std::string_view kSniNames[] = {"tls_sni"}, kSubjectNames[] = {"tls_cert_subject"}, kIssuerNames[] = {"tls_cert_issuer"},
                           kSerialNames[] = {"tls_cert_serial"}, kFingerprintNames[] = {"tls_cert_fingerprint"},
                           kJa3Names[] = {"ja3_hash"}, kJa3TextNames[] = {"ja3_string"}, kJa3sNames[] = {"ja3s_hash"},
                           kJa3sTextNames[] = {"ja3s_string"}, kJa4Names[] = {"ja4_hash"};

}  // namespace

constinit const BufferSpec kBufferRows[] = {
    {.name = "tls.sni", .aliases = kSniNames, .directions = Directions::to_server, .progress = kHello,
     .summary = "server name that the client asks for", .get = get_sni},
    {.name = "tls.cert_subject", .aliases = kSubjectNames, .progress = kCertificates,
     .summary = "subject of the first certificate, \"C=VN, O=..., CN=...\"", .get = get_subject},
    {.name = "tls.cert_issuer", .aliases = kIssuerNames, .progress = kCertificates,
     .summary = "issuer of the first certificate", .get = get_issuer},
    {.name = "tls.cert_serial", .aliases = kSerialNames, .progress = kCertificates,
     .summary = "serial number, \"0C:00:93\"", .get = get_serial},
    {.name = "tls.cert_fingerprint", .aliases = kFingerprintNames, .progress = kCertificates,
     .summary = "SHA-1 of the first certificate, \"3f:2a:...\"", .get = get_fingerprint},
    {.name = "tls.certs", .progress = kCertificates, .is_multi = true, .summary = "each certificate, DER", .get = get_certificate},
    {.name = "tls.subjectaltname", .directions = Directions::to_client, .progress = kCertificates, .is_multi = true,
     .summary = "each alternative name of the first certificate", .get = get_name},
    {.name = "tls.alpn", .progress = kHello, .is_multi = true, .summary = "each application protocol offered or chosen",
     .get = get_alpn},
    {.name = "tls.random", .progress = kHello, .summary = "the 32 random bytes of a hello", .get = get_random},
    {.name = "tls.random_time", .progress = kHello, .summary = "the first 4 random bytes", .get = get_random_time},
    {.name = "tls.random_bytes", .progress = kHello, .summary = "the last 28 random bytes", .get = get_random_bytes},
    {.name = "ja3.hash", .aliases = kJa3Names, .directions = Directions::to_server, .progress = kHello, .is_lowercase = true,
     .summary = "JA3 of the client, MD5", .get = get_ja3_hash},
    {.name = "ja3.string", .aliases = kJa3TextNames, .directions = Directions::to_server, .progress = kHello,
     .summary = "JA3 of the client, text", .get = get_ja3_text},
    {.name = "ja3s.hash", .aliases = kJa3sNames, .directions = Directions::to_client, .progress = kHello, .is_lowercase = true,
     .summary = "JA3S of the server, MD5", .get = get_ja3_hash},
    {.name = "ja3s.string", .aliases = kJa3sTextNames, .directions = Directions::to_client, .progress = kHello,
     .summary = "JA3S of the server, text", .get = get_ja3_text},
    {.name = "ja4.hash", .aliases = kJa4Names, .directions = Directions::to_server, .progress = kHello,
     .summary = "JA4 of the client", .get = get_ja4},
};

namespace {

bool chain_length(const Transaction& tx, Direction direction, unsigned instance, std::uint64_t& out) noexcept {
  if (instance > 0) return false;
  out = tx.part<TlsTx>().chain_length[index_of(direction)];
  return out > 0;
}

}  // namespace

constinit const FieldSpec kFieldRows[] = {
    {.name = "tls.cert_chain_len", .width = 32, .directions = Directions::to_client, .progress = kCertificates,
     .summary = "number of certificates in the chain", .get = chain_length},
};

}  // namespace hd::protocol::tls
