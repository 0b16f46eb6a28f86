// SPDX-License-Identifier: Apache-2.0
#include "sensor/base/crypto.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>

#include "sensor/base/file.hpp"

namespace hd {
namespace {

TEST(Digests, GiveThePublishedValues) {
  ASSERT_TRUE(crypto_init());

  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha1(as_bytes("abc"))), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(to_hex(md5(as_bytes("abc"))), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(to_hex(blake2b_256(as_bytes("abc"))), "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
  EXPECT_EQ(blake2b_128(as_bytes("ab"), as_bytes("c")), blake2b_128(as_bytes("abc")));
}

TEST(Hasher, GivesTheSameInPiecesAndAgainAfterBegin) {
  for (const HashKind kind : {HashKind::md5, HashKind::sha1, HashKind::sha256}) {
    Hasher hasher(kind);
    hasher.add(as_bytes("a"));
    hasher.add(as_bytes("bc"));
    const std::string first = to_hex(hasher.finish());
    hasher.begin();
    hasher.add(as_bytes("abc"));

    EXPECT_EQ(to_hex(hasher.finish()), first);
  }
}

TEST(Signatures, HoldForTheMessageAndForNoOther) {
  const SigningKeys keys = make_signing_keys();
  const Signature signature = sign(as_bytes("rules 17"), keys);

  EXPECT_TRUE(verify_signature(as_bytes("rules 17"), signature, keys.public_key));
  EXPECT_FALSE(verify_signature(as_bytes("rules 18"), signature, keys.public_key));
  EXPECT_FALSE(verify_signature(as_bytes("rules 17"), signature, make_signing_keys().public_key));
}

TEST(Passwords, AreVerifiedAgainstTheirHash) {
  const auto hash = hash_password_cheaply("mật khẩu");

  ASSERT_TRUE(hash.has_value());
  EXPECT_TRUE(verify_password("mật khẩu", *hash));
  EXPECT_FALSE(verify_password("mat khau", *hash));
  EXPECT_FALSE(verify_password("x", "not a hash"));
}

TEST(KeyFiles, ComeBackAndAreForTheirOwnerOnly) {
  std::string folder = ::testing::TempDir() + "hd_keys_XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/link.key";
  const CurveKeys keys = make_curve_keys();

  ASSERT_TRUE(save_curve_keys(path, keys).has_value());
  const auto loaded = load_curve_keys(path);
  ASSERT_TRUE(loaded.has_value());
  EXPECT_EQ(loaded->public_key, keys.public_key);
  EXPECT_EQ(loaded->secret_key.bytes, keys.secret_key.bytes);

  ASSERT_EQ(::chmod(path.c_str(), 0640), 0);
  EXPECT_FALSE(load_curve_keys(path).has_value());
  ASSERT_TRUE(save_curve_keys(path, {.public_key = make_curve_keys().public_key, .secret_key = keys.secret_key}));
  EXPECT_FALSE(load_curve_keys(path).has_value());
  EXPECT_FALSE(load_signing_keys(path).has_value()) << "a pair of another kind";
  EXPECT_TRUE(remove_tree(folder).has_value());
}

TEST(TextForms, GoThereAndBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) {
    std::string out;
    EXPECT_TRUE(from_base64(to_base64(as_bytes(bytes)), &out));
    EXPECT_EQ(out, bytes);
    std::string hexed(bytes.size(), '\0');
    EXPECT_TRUE(from_hex(to_hex(as_bytes(bytes)), {reinterpret_cast<std::uint8_t*>(hexed.data()), hexed.size()}));
    EXPECT_EQ(hexed, bytes);
    bytes += static_cast<char>(i);
  }
  std::string out;
  EXPECT_FALSE(from_base64("abc", &out));
  EXPECT_FALSE(from_base64("ab!=", &out));
  std::array<std::uint8_t, 2> two{};
  EXPECT_FALSE(from_hex("123", two));
  EXPECT_FALSE(from_hex("12g4", two));
}

TEST(TextForms, Z85IsThatOfZeroMq) {
  PublicKey key{};
  // The example pair of the ZeroMQ manual, zmq_curve(7).
  ASSERT_TRUE(from_z85("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", &key));
  EXPECT_EQ(to_z85(key), "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7");
  SecretKey secret;
  ASSERT_TRUE(from_z85("JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6", &secret.bytes));
  EXPECT_EQ(curve_public_of(secret), key) << "public and secret of the manual's client";
  EXPECT_FALSE(from_z85("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf", &key));
  EXPECT_FALSE(from_z85("rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf~", &key));
  EXPECT_FALSE(from_z85("#####\x3e}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", &key)) << "a group above 2^32";
}

TEST(Fingerprint, HasEightGroupsOfFour) {
  const std::string text = fingerprint_of(make_curve_keys().public_key);

  EXPECT_EQ(text.size(), 39u);
  EXPECT_EQ(std::count(text.begin(), text.end(), ' '), 7);
}

}  // namespace
}  // namespace hd
