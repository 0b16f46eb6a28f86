// SPDX-License-Identifier: Apache-2.0
#include "sensor/serve/certificate.hpp"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <arpa/inet.h>

#include <array>
#include <memory>

#include "sensor/base/crypto.hpp"
#include "sensor/base/file.hpp"

namespace hd {
namespace {

struct Free {
  void operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const noexcept { X509_free(certificate); }
  void operator()(BIO* bio) const noexcept { BIO_free_all(bio); }
  void operator()(X509_EXTENSION* extension) const noexcept { X509_EXTENSION_free(extension); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Memory = std::unique_ptr<BIO, Free>;

constexpr long kDay = 86'400;
constexpr long kLife = 3650 * kDay;
constexpr std::size_t kPemMax = 1u << 20;

auto broken(const char* what) { return fail(ErrorCode::E4001, std::string("cannot make a certificate: ") + what); }

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 || inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

/// A name as a host has one: anything else could add members to the extension's text.
bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 253 &&
         name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_") == std::string::npos;
}

std::string alternative_names(const std::vector<std::string>& names) {
  std::string text = "DNS:localhost,IP:127.0.0.1,IP:::1";
  for (const std::string& name : names) {
    if (is_address(name)) text += ",IP:" + name;
    else if (is_name(name)) text += ",DNS:" + name;
  }
  return text;
}

bool add_extension(X509* certificate, int id, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  context.db = nullptr;
  const std::unique_ptr<X509_EXTENSION, Free> extension(X509V3_EXT_conf_nid(nullptr, &context, id, value));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

std::string text_of(BIO* memory) {
  char* bytes = nullptr;
  const long length = BIO_get_mem_data(memory, &bytes);
  return length > 0 ? std::string(bytes, static_cast<std::size_t>(length)) : std::string();
}

bool fill(X509* certificate, EVP_PKEY* key, const std::vector<std::string>& names, WallTime now) {
  std::array<std::uint8_t, 16> serial{};
  random_bytes(serial);
  serial[0] &= 0x7f;
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  const bool has_serial = number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nullptr;
  BN_free(number);
  // A day back, for browsers whose clock is a little behind.
  const time_t begin = static_cast<time_t>(now.ns / kSecond) - kDay;
  const bool has_times = X509_time_adj(X509_getm_notBefore(certificate), 0, const_cast<time_t*>(&begin)) != nullptr &&
                         X509_time_adj(X509_getm_notAfter(certificate), kLife, const_cast<time_t*>(&begin)) != nullptr;
  X509_NAME* subject = X509_get_subject_name(certificate);
  const std::string common = !names.empty() && is_name(names.front()) && names.front().size() <= 64 ? names.front() : "haidang";
  const auto* bytes = reinterpret_cast<const unsigned char*>(common.data());
  return has_serial && has_times && X509_set_version(certificate, 2) == 1 &&
         X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes, static_cast<int>(common.size()), -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1 && X509_set_pubkey(certificate, key) == 1 &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
         add_extension(certificate, NID_subject_alt_name, alternative_names(names).c_str()) &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::string fingerprint_text(X509* certificate) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (X509_digest(certificate, EVP_sha256(), digest.data(), &length) != 1) return {};
  const std::string hex = to_hex(Bytes(digest.data(), length));
  std::string out;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    if (i > 0) out += ':';
    for (std::size_t j = i; j < i + 2; ++j) out += hex[j] >= 'a' ? static_cast<char>(hex[j] - 32) : hex[j];
  }
  return out;
}

Result<void> make(const CertificateFiles& files, const std::vector<std::string>& names, WallTime now) {
  const Key key(EVP_EC_gen("P-256"));
  const Certificate certificate(X509_new());
  if (!key || !certificate) return broken("no key");
  if (!fill(certificate.get(), key.get(), names, now)) return broken("a field was refused");
  const Memory certificate_text(BIO_new(BIO_s_mem())), key_text(BIO_new(BIO_s_mem()));
  if (!certificate_text || !key_text || PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1 ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1) {
    return broken("it cannot be written as PEM");
  }
  if (auto done = write_file_atomic(files.key, text_of(key_text.get()), 0600); !done) return done;
  return write_file_atomic(files.certificate, text_of(certificate_text.get()), 0644);
}

}  // namespace

Result<std::string> certificate_fingerprint(const std::string& path) {
  auto text = read_file(path, kPemMax);
  if (!text) return fail(std::move(text.error()));
  const Memory memory(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  const Certificate certificate(memory ? PEM_read_bio_X509(memory.get(), nullptr, nullptr, nullptr) : nullptr);
  if (!certificate) return fail(ErrorCode::E4001, path + " holds no certificate in PEM form");
  return fingerprint_text(certificate.get());
}

Result<CertificateFiles> own_certificate(const std::string& folder, const std::vector<std::string>& names, WallTime now) {
  CertificateFiles files{.certificate = folder + "/tls.crt", .key = folder + "/tls.key"};
  if (!file_exists(files.certificate) || !file_exists(files.key)) {
    if (auto made = make_folders(folder, 0700); !made) return fail(std::move(made.error()));
    if (auto made = make(files, names, now); !made) return fail(std::move(made.error()));
    files.is_new = true;
  }
  auto fingerprint = certificate_fingerprint(files.certificate);
  if (!fingerprint) return fail(std::move(fingerprint.error()));
  files.fingerprint = std::move(*fingerprint);
  return files;
}

}  // namespace hd
